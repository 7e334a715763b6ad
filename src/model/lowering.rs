//! How a requested precision comes about: the graph as it is, a provider that computes a graph of fp32 in fewer bits, or a
//! bundle beside the named one that holds the same model in that precision.

use super::bundle::Bundle;
use super::precision::Precision;
use super::provider::Provider;
use super::session::SessionOptions;
use crate::error::{Error, Result};

/// What computes in the precision that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The bundle's graph.
    Graph,
    /// The provider, which rounds a graph of fp32.
    Provider(Precision),
    /// Another bundle of the same model.
    Sibling(Precision),
}

/// What is to be loaded for a bundle at the precision that the options ask for.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// The bundle or its sibling.
    pub bundle: Bundle,
    /// Those asked for; their precision is what the provider is to compute a graph of fp32 in, `None` for a graph as it is.
    pub options: SessionOptions,
    /// What was asked for.
    requested: Option<Precision>,
    way: Way,
}

impl Lowered {
    /// The precision that runs; `None` for a graph of which nobody knows it.
    pub fn active(&self) -> Option<Precision> {
        match self.way {
            Way::Graph => self.bundle.precision(),
            Way::Provider(precision) | Way::Sibling(precision) => Some(precision),
        }
    }

    /// For the record: what was asked for, and what answers it.
    pub fn entries(&self) -> [(String, String); 2] {
        let requested = self.requested.map_or("of the bundle", Precision::name);
        let by = match self.way {
            Way::Graph => "graph",
            Way::Provider(_) => "provider",
            Way::Sibling(_) => "sibling bundle",
        };
        [("precision.requested".into(), requested.into()), ("precision.by".into(), by.into())]
    }
}

/// Finds what computes a bundle in the precision that the options ask for.
///
/// # Errors
/// A usage error where the provider has no such precision; where there is no sibling bundle, with the command that makes it;
/// where it is no sibling. Those of [`Bundle::open`] for the sibling.
pub(super) fn lower(bundle: &Bundle, options: &SessionOptions) -> Result<Lowered> {
    let way = way(bundle.name(), bundle.precision(), &options.provider, options.precision)?;
    let (bundle, precision) = match way {
        Way::Graph => (bundle.clone(), None),
        Way::Provider(precision) => (bundle.clone(), Some(precision)),
        Way::Sibling(precision) => (bundle.sibling(precision)?, None),
    };
    let requested = options.precision;
    Ok(Lowered { bundle, options: SessionOptions { precision, ..options.clone() }, requested, way })
}

fn way(name: &str, own: Option<Precision>, provider: &Provider, wanted: Option<Precision>) -> Result<Way> {
    let usage = |precision: Precision, problem: String, fix: &str| {
        Err(Error::setting("precision", precision, problem, fix))
    };
    match (own, wanted) {
        (Some(Precision::Fp32), None | Some(Precision::Fp32)) if !provider.has_fp32() => {
            let problem = format!("cannot be had from {provider}, which computes in half precision");
            usage(Precision::Fp32, problem, "say `precision = fp16`, or choose another provider")
        }
        (_, None) => Ok(Way::Graph),
        (Some(own), Some(wanted)) if own == wanted => Ok(Way::Graph),
        (None, Some(wanted)) => {
            let problem = format!("was asked of {name}, of whose graph nobody knows the precision");
            let fix =
                "leave it out, or give the graph a bundle.toml with its precision (docs/foreign-models.md)";
            usage(wanted, problem, fix)
        }
        (Some(Precision::Fp32), Some(wanted)) if provider.computes_fp32_in(wanted) => {
            Ok(Way::Provider(wanted))
        }
        (Some(own), Some(Precision::Bf16)) if own != Precision::Fp32 => {
            let problem = format!("is computed from a bundle in fp32, and {name} is in {own}");
            usage(Precision::Bf16, problem, "name the bundle in fp32")
        }
        (_, Some(Precision::Bf16)) => {
            let problem = format!("cannot be had from {provider} on this machine");
            let fix = "bf16 is what openvino:CPU computes on a processor with AVX-512 BF16, tensorrt on a GPU, and cpu on 64-bit \
                       ARM with BF16; else use `precision = fp32` or int8";
            usage(Precision::Bf16, problem, fix)
        }
        (_, Some(wanted)) => Ok(Way::Sibling(wanted)),
    }
}

/// The bundle that is loaded where this one is asked for at the precision that the options name: itself, or its sibling in that
/// precision.
///
/// # Errors
/// The provider has no such precision; there is no sibling, or it is of another model (the error names the way out).
pub fn at_precision(bundle: &Bundle, session: &SessionOptions) -> Result<Bundle> {
    Ok(lower(bundle, session)?.bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn found(own: Option<Precision>, provider: &str, wanted: Option<Precision>) -> Result<Way> {
        way("small", own, &provider.parse().unwrap(), wanted)
    }

    #[test]
    fn without_a_wish_and_at_its_own_precision_a_bundle_is_as_it_is() {
        for own in Precision::ALL {
            for provider in ["cpu", "cuda", "tensorrt", "openvino", "openvino:GPU"] {
                assert_eq!(found(Some(own), provider, None).unwrap(), Way::Graph);
                assert_eq!(found(Some(own), provider, Some(own)).unwrap(), Way::Graph);
            }
        }
        assert_eq!(found(None, "cpu", None).unwrap(), Way::Graph);
    }

    #[test]
    fn a_provider_lowers_what_it_can_and_a_sibling_does_the_rest() {
        let fp32 = Some(Precision::Fp32);
        for (provider, wanted, way) in [
            ("tensorrt", Precision::Bf16, Way::Provider(Precision::Bf16)),
            ("tensorrt", Precision::Fp16, Way::Provider(Precision::Fp16)),
            ("tensorrt", Precision::Int8, Way::Sibling(Precision::Int8)),
            ("openvino:GPU", Precision::Fp16, Way::Provider(Precision::Fp16)),
            ("openvino:NPU", Precision::Fp16, Way::Provider(Precision::Fp16)),
            ("openvino:CPU", Precision::Fp16, Way::Sibling(Precision::Fp16)),
            ("openvino:CPU", Precision::Int8, Way::Sibling(Precision::Int8)),
            ("cpu", Precision::Fp16, Way::Sibling(Precision::Fp16)),
            ("cpu", Precision::Int8, Way::Sibling(Precision::Int8)),
            ("cuda", Precision::Fp16, Way::Sibling(Precision::Fp16)),
        ] {
            assert_eq!(found(fp32, provider, Some(wanted)).unwrap(), way, "{provider} {wanted}");
        }
        assert_eq!(
            found(Some(Precision::Int8), "tensorrt", Some(Precision::Fp16)).unwrap(),
            Way::Sibling(Precision::Fp16),
            "a graph of int8 is not lowered any further"
        );
    }

    #[test]
    fn what_cannot_be_had_is_a_usage_error() {
        for (own, provider, wanted, word) in [
            (Some(Precision::Fp32), "cuda", Some(Precision::Bf16), "cuda:0"),
            (Some(Precision::Fp32), "openvino:GPU", Some(Precision::Bf16), "openvino:GPU"),
            (Some(Precision::Int8), "tensorrt", Some(Precision::Bf16), "in int8"),
            (Some(Precision::Fp32), "openvino:NPU", None, "half precision"),
            (Some(Precision::Fp32), "openvino:NPU", Some(Precision::Fp32), "half precision"),
            (None, "cpu", Some(Precision::Fp32), "nobody knows"),
        ] {
            let error = found(own, provider, wanted).unwrap_err();
            assert_eq!(error.kind, Kind::Usage);
            assert!(error.subject.starts_with("`precision = "), "{error}");
            assert!(error.problem.contains(word), "{error}");
        }
    }
}
