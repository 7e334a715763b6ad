//! Loading a bundle of either kind.

use super::bundle::{Bundle, Manifest};
use super::foreign::Foreign;
use super::one_by_one::one_by_one;
use super::segmenter::Segmenter;
use super::session::SessionOptions;
use super::winclip::{WinClip, WinClipOptions};
use crate::error::{Error, Result};
use crate::runtime::Runtime;

/// Loads a bundle of either kind as a segmenter. A foreign graph heeds only the prompts among the options.
///
/// # Errors
/// The errors of [`WinClip::load`] and [`Foreign::load`]; a temperature or stride for a foreign graph.
pub fn load(
    bundle: &Bundle,
    runtime: &Runtime,
    session: SessionOptions,
    options: WinClipOptions,
) -> Result<Box<dyn Segmenter>> {
    let Manifest::Foreign(_) = bundle.manifest() else {
        return one_by_one(WinClip::load(bundle, runtime, session, options)?);
    };
    let unused = [
        ("`temperature`", options.temperature.is_some()),
        ("`stride`", options.stride != WinClipOptions::default().stride),
    ];
    if let Some((setting, _)) = unused.into_iter().find(|(_, set)| *set) {
        let problem = format!("means nothing to the foreign graph {}", bundle.name());
        return Err(Error::usage(setting, problem, "leave it out, or use a CLIP"));
    }
    let model = Foreign::load(bundle, runtime, session, options.prompts, options.underscores_to_spaces)?;
    Ok(Box::new(model))
}
