//! What the name of a model stands for.

use std::path::PathBuf;

use super::bundle::Bundle;
use super::foreign::recognise;
use crate::error::Result;
use crate::runtime::Runtime;

/// A model by its name: a bundle, whose files were checked, or a graph without a manifest, which only ONNX Runtime can tell more about.
#[derive(Clone, Debug)]
pub enum NamedModel {
    /// A bundle in a folder, or an embedded one.
    Bundle(Box<Bundle>),
    /// An `.onnx` file without a manifest.
    Graph(PathBuf),
}

impl NamedModel {
    /// The model of a name.
    ///
    /// # Errors
    /// Those of [`Bundle::resolve`].
    pub fn find(name: &str) -> Result<Self> {
        if Bundle::is_graph(name) {
            Ok(Self::Graph(name.into()))
        } else {
            Ok(Self::Bundle(Box::new(Bundle::resolve(name)?)))
        }
    }

    /// The bundle, where the name is that of one.
    pub fn bundle(&self) -> Option<&Bundle> {
        match self {
            Self::Bundle(bundle) => Some(bundle),
            Self::Graph(_) => None,
        }
    }

    /// The bundle, or what is recognised in a graph; `runtime` is asked for a graph only.
    ///
    /// # Errors
    /// Those of `runtime` and of [`recognise`].
    pub fn open(self, runtime: impl FnOnce() -> Result<Runtime>) -> Result<Bundle> {
        match self {
            Self::Bundle(bundle) => Ok(*bundle),
            Self::Graph(path) => recognise(&path, &runtime()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_bundle_or_a_graph_and_a_bundle_needs_no_runtime() {
        let never = || -> Result<Runtime> { panic!("no runtime is needed") };
        let pocket = NamedModel::find("pocket").unwrap();
        assert_eq!(pocket.bundle().map(Bundle::name), Some("pocket"));
        assert_eq!(pocket.open(never).unwrap().name(), "pocket");
        let folder = tempfile::tempdir().unwrap();
        let graph = folder.path().join("model.onnx");
        std::fs::write(&graph, b"no graph").unwrap();
        let graph = NamedModel::find(graph.to_str().unwrap()).unwrap();
        assert!(graph.bundle().is_none() && matches!(graph, NamedModel::Graph(_)));
        assert!(NamedModel::find("no such model").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_told_from_a_model_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("model.onnx");
        crate::file::make_pipe(&pipe);
        let error = NamedModel::find(pipe.to_str().unwrap()).unwrap_err();
        assert!(error.problem.contains("no regular file"), "{error}");
    }
}
