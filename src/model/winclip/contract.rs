//! The contract of the image graph of a bundle: what it must take and return.

use ort::session::Session;

use crate::error::Result;
use crate::model::bundle::ClipManifest;
use crate::model::contract::{ANY, FLOAT, INT, check, tensor};

/// Checks the image graph of a bundle.
///
/// # Errors
/// A tensor is not as the manifest says; the error names the file, the tensor, what was expected and what was found.
pub(super) fn check_image(session: &Session, manifest: &ClipManifest, file: &str) -> Result<()> {
    let (size, embedding) = (manifest.image.size as i64, manifest.winclip.embedding as i64);
    let mut inputs = vec![
        tensor("pixels", FLOAT, &[ANY, 3, size, size]),
        tensor("text", FLOAT, &[ANY, 2, embedding]),
        tensor("temperature", FLOAT, &[]),
    ];
    let mut outputs =
        vec![tensor("image_embedding", FLOAT, &[ANY, embedding]), tensor("image_score", FLOAT, &[ANY])];
    for scale in &manifest.winclip.scales {
        inputs.push(tensor(format!("windows_{scale}"), INT, &[ANY, (scale * scale) as i64]));
        outputs.push(tensor(format!("window_embedding_{scale}"), FLOAT, &[ANY, ANY, embedding]));
        outputs.push(tensor(format!("window_score_{scale}"), FLOAT, &[ANY, ANY]));
    }
    check(file, session, &inputs, &outputs)
}
