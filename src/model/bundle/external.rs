//! Weights that a graph keeps in files beside itself.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Component, Path};

use crate::error::{Error, Result};
use crate::file;
use crate::model::onnx::external_files;
use crate::runtime::sha256_of_file;

/// The files beside a graph that hold weights of it, and the SHA-256 of each. A graph that cannot be understood has none: ONNX Runtime
/// says better what is wrong with it.
///
/// # Errors
/// Such a file is missing or cannot be read, or lies outside the graph's folder.
pub fn weights(graph: &Path) -> Result<BTreeMap<String, String>> {
    let source = file::open(graph, "check its permissions and the disk")?;
    let folder = graph.parent().unwrap_or(Path::new(""));
    let names = external_files(&mut BufReader::new(source)).unwrap_or_default();
    let hashed = names.iter().map(|location| {
        let name = inside(location).ok_or_else(|| {
            Error::file(
                graph,
                format!("keeps weights in {location:?}, which is not in its folder"),
                "put that file beside the graph, and export or save the graph with the file's bare name",
            )
        })?;
        let hash = sha256_of_file(&folder.join(&name))?;
        Ok((name, hash))
    });
    hashed.collect()
}

/// The location without steps that lead nowhere; `None` where it leads out of the folder.
fn inside(location: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(location).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field with a length, of fewer than 16 numbers and 128 bytes.
    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, content.len() as u8], content].concat()
    }

    fn graph_with_weights_in(location: &str) -> Vec<u8> {
        let entry = [field(1, b"location"), field(2, location.as_bytes())].concat();
        field(7, &field(5, &[field(13, &entry), vec![14 << 3, 1]].concat()))
    }

    #[test]
    fn weights_beside_a_graph_are_hashed_and_those_elsewhere_refused() {
        let folder = tempfile::tempdir().unwrap();
        let graph = folder.path().join("model.onnx");
        let found = |location: &str| {
            std::fs::write(&graph, graph_with_weights_in(location)).unwrap();
            weights(&graph)
        };
        assert!(found("w.bin").unwrap_err().problem.contains("missing"));
        std::fs::write(folder.path().join("w.bin"), "one").unwrap();
        let one = found("w.bin").unwrap();
        assert_eq!(found("./w.bin").unwrap(), one);
        std::fs::write(folder.path().join("w.bin"), "two").unwrap();
        assert_ne!(found("w.bin").unwrap(), one);
        for elsewhere in ["../w.bin", "/etc/passwd", "a/../../w.bin", ""] {
            assert!(found(elsewhere).unwrap_err().problem.contains("not in its folder"), "{elsewhere}");
        }
        std::fs::write(&graph, "no graph").unwrap();
        assert!(weights(&graph).unwrap().is_empty());
    }

    #[test]
    fn a_bundle_lists_the_weights_beside_its_graphs_and_below() {
        for location in ["w.bin", "below/w.bin"] {
            lists(location);
        }
    }

    fn lists(location: &str) {
        let folder = tempfile::tempdir().unwrap();
        let graph = graph_with_weights_in(location);
        std::fs::create_dir(folder.path().join("below")).unwrap();
        std::fs::write(folder.path().join("model.onnx"), &graph).unwrap();
        std::fs::write(folder.path().join(location), "one").unwrap();
        let open = |more: &str| {
            let text = format!(
                "format = 1\nname = \"m\"\narchitecture = \"image-to-map\"\n[input]\nname = \"x\"\nsize = 8\n[output]\nmap = \"y\"\n\
                 [files]\n\"model.onnx\" = {:?}\n{more}",
                crate::runtime::sha256(&graph)
            );
            std::fs::write(folder.path().join("bundle.toml"), text).unwrap();
            crate::model::Bundle::open(folder.path())
        };
        let error = open("").unwrap_err();
        assert!(error.problem.contains(location), "{error}");
        let line = error.fix.split('`').nth(1).unwrap().to_owned();
        open(&line).unwrap();
        std::fs::write(folder.path().join(location), "two").unwrap();
        assert!(open(&line).unwrap_err().subject.ends_with(location));
    }
}
