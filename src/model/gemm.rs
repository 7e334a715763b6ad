//! Matrix products (GEMM): the fastest that a provider multiplies, against which the speed of a model is measured.

use ndarray::Array1;
use ort::session::Session;
use ort::value::TensorRef;

use super::Provenance;
use super::onnx::{self, Kind, Node, tensor, value};
use super::precision::Precision;
use super::provider::{Engine, Provider};
use super::session::{self, SessionOptions};
use crate::error::{Error, Result};
use crate::runtime::Runtime;
use crate::stats::derive_seed;

/// A chain of products of square matrices (GEMM) on one provider in one precision. Only one number goes in and one comes out, so
/// that what is timed is the multiplication and not the way to the device.
#[derive(Debug)]
pub struct Gemm {
    session: Session,
    flop: f64,
    provenance: Provenance,
}

/// The form of the chain's graph, by which its precision comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `MatMul` of matrices of this type; the provider may be told to compute float32 in fewer bits.
    Plain(Kind),
    /// `MatMulInteger` of unsigned by signed integers, for which ONNX Runtime's CPU kernels are the fastest.
    Integer,
    /// `MatMul` between `QuantizeLinear` and `DequantizeLinear`, as other compilers read it.
    Quantised,
}

impl Gemm {
    /// Builds the chain of products: 4 of 1024 x 1024 on a processor, 8 of 4096 x 4096 on a graphics card.
    ///
    /// # Errors
    /// The provider cannot be used, does not multiply in that precision, or leaves a node to another provider.
    pub fn load(runtime: &Runtime, options: &SessionOptions, asked: Precision) -> Result<Self> {
        let (size, length) = if options.provider.is_device() { (4096, 8) } else { (1024, 4) };
        let (form, precision) = form(&options.provider, asked)?;
        let options = SessionOptions { precision, ..options.clone() };
        let name = format!("{size} x {size} matrix product");
        let bytes = graph(form, size, length);
        let built =
            session::build_from_memory(runtime, &options, &bytes, &name, &Engine::in_precision(asked))?;
        let elsewhere: usize = built
            .placement
            .iter()
            .filter(|(provider, _)| *provider != options.provider.runtime_name())
            .map(|(_, nodes)| nodes)
            .sum();
        if elsewhere > 0 {
            let problem = format!("has {elsewhere} nodes that {} does not take", options.provider);
            return Err(Error::model(name, problem, "compare with a precision that the provider has"));
        }
        let flop = 2.0 * (size as f64).powi(3) * length as f64;
        let provenance = Provenance {
            model: "gemm".into(),
            provider: options.provider.to_string(),
            precision: asked.name().into(),
            runtime_version: runtime.version().into(),
            runtime_library: runtime.library().display().to_string(),
            runtime_source: runtime.source().name().into(),
            options: built.options,
            placement: built.placement,
            ..Provenance::default()
        };
        Ok(Self { session: built.session, flop, provenance })
    }

    /// Number of floating point (or integer) operations of one [`Gemm::run`].
    pub fn flop(&self) -> f64 {
        self.flop
    }

    /// The record of what runs.
    pub fn provenance(&self) -> Provenance {
        self.provenance.clone()
    }

    /// Computes the chain of products once.
    ///
    /// # Errors
    /// The provider fails.
    pub fn run(&mut self) -> Result<()> {
        let one = Array1::from_elem(1, 1.0_f32);
        let failed = |error: ort::Error| {
            let problem = format!("fails on {}: {error}", self.provenance.provider);
            Error::model("matrix product", problem, "check `askance providers`").caused_by(error)
        };
        let inputs = ort::inputs!["x" => TensorRef::from_array_view(&one).map_err(failed)?];
        let outputs = self.session.run(inputs).map_err(failed)?;
        outputs["y"].try_extract_array::<f32>().map(|_| ()).map_err(failed)
    }
}

/// The form of the graph for a precision, and what the provider is told about float32.
fn form(provider: &Provider, precision: Precision) -> Result<(Form, Option<Precision>)> {
    let plain = |kind| Ok((Form::Plain(kind), None));
    match precision {
        Precision::Fp32 => plain(Kind::Float),
        Precision::Int8 if *provider == Provider::Cpu => Ok((Form::Integer, None)),
        Precision::Int8 => Ok((Form::Quantised, None)),
        lower if provider.computes_fp32_in(lower) => Ok((Form::Plain(Kind::Float), Some(lower))),
        Precision::Fp16 => plain(Kind::Half),
        Precision::Bf16 => plain(Kind::Bfloat),
    }
}

/// The graph of y = max(x A W W ... W), with `length` products; x is one number, A and W are random.
fn graph(form: Form, size: usize, length: usize) -> Vec<u8> {
    let shape = [size, size];
    let floats = |name: &str| values(name, size).into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
    let integers = |name: &str| {
        let scale = LEVELS * (size as f32 / 3.0).sqrt();
        values(name, size).into_iter().map(|value| (value * scale) as i8 as u8).collect::<Vec<u8>>()
    };
    let mut weights = vec![tensor("a", Kind::Float, &shape, &floats("a"))];
    let mut nodes = vec![Op::new("Mul", &["x", "a"], "m0")];
    match form {
        Form::Plain(kind) => {
            weights.push(tensor("w", Kind::Float, &shape, &floats("w")));
            nodes.push(Op { to: Some(kind), ..Op::new("Cast", &["m0"], "c0") });
            nodes.push(Op { to: Some(kind), ..Op::new("Cast", &["w"], "cw") });
            for link in 0..length {
                nodes.push(Op::new("MatMul", &[&format!("c{link}"), "cw"], &format!("c{}", link + 1)));
            }
            nodes.push(Op { to: Some(Kind::Float), ..Op::new("Cast", &[&format!("c{length}")], "last") });
        }
        Form::Integer | Form::Quantised => {
            // Entries of a product of random matrices have the size of those of A: 1 / sqrt(size), at most some four times that.
            let step = 4.0 / (size as f32).sqrt() / LEVELS;
            let weight_step = 3.0_f32.sqrt() / (size as f32).sqrt() / LEVELS;
            weights.push(tensor("step", Kind::Float, &[], &step.to_le_bytes()));
            weights.push(tensor("weight_step", Kind::Float, &[], &weight_step.to_le_bytes()));
            weights.push(tensor("both_steps", Kind::Float, &[], &(step * weight_step).to_le_bytes()));
            weights.push(tensor("zero", Kind::Int8, &[], &[0]));
            // What 0 is among the levels of an activation.
            let middle = if form == Form::Integer { "middle" } else { "zero" };
            if form == Form::Integer {
                weights.push(tensor(middle, Kind::Uint8, &[], &[128]));
            }
            weights.push(tensor("w", Kind::Int8, &shape, &integers("w")));
            for link in 0..length {
                let at = |name: &str| format!("{name}{link}");
                nodes.push(Op::new("QuantizeLinear", &[&at("m"), "step", middle], &at("q")));
                let next = format!("m{}", link + 1);
                if form == Form::Integer {
                    nodes.push(Op::new("MatMulInteger", &[&at("q"), "w", middle, "zero"], &at("i")));
                    nodes.push(Op { to: Some(Kind::Float), ..Op::new("Cast", &[&at("i")], &at("f")) });
                    nodes.push(Op::new("Mul", &[&at("f"), "both_steps"], &next));
                } else {
                    nodes.push(Op::new("DequantizeLinear", &[&at("q"), "step", "zero"], &at("d")));
                    nodes.push(Op::new("DequantizeLinear", &["w", "weight_step", "zero"], &at("w")));
                    nodes.push(Op::new("MatMul", &[&at("d"), &at("w")], &next));
                }
            }
            nodes.push(Op::new("Identity", &[&format!("m{length}")], "last"));
        }
    }
    nodes.push(Op::new("ReduceMax", &["last"], "y"));
    let nodes: Vec<(Vec<&str>, &Op)> =
        nodes.iter().map(|op| (op.inputs.iter().map(String::as_str).collect(), op)).collect();
    let nodes: Vec<Node<'_>> = nodes
        .iter()
        .map(|(inputs, op)| Node { operator: op.operator, inputs, output: &op.output, to: op.to })
        .collect();
    onnx::model("gemm", &nodes, &weights, &value("x", &[1]), &value("y", &[1, 1]))
}

/// Levels of a signed integer on each side of 0.
const LEVELS: f32 = 127.0;

/// An operator that owns its names.
struct Op {
    operator: &'static str,
    inputs: Vec<String>,
    output: String,
    to: Option<Kind>,
}

impl Op {
    fn new(operator: &'static str, inputs: &[&str], output: &str) -> Self {
        let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        Self { operator, inputs, output: output.to_owned(), to: None }
    }
}

/// Values of a matrix, uniform in +-sqrt(3 / size), equal in every run: the variance 1 / size keeps the entries of a chain of
/// products as they are.
fn values(name: &str, size: usize) -> Vec<f32> {
    let mut state = derive_seed(0, name) | 1;
    let largest = (3.0 / size as f32).sqrt();
    let mut next = || {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    (0..size * size).map(|_| largest * next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_lowers_by_itself_is_given_float32() {
        let of = |provider: &str, precision| form(&provider.parse().unwrap(), precision).unwrap();
        assert_eq!(of("cpu", Precision::Fp32), (Form::Plain(Kind::Float), None));
        assert_eq!(of("cpu", Precision::Int8), (Form::Integer, None));
        assert_eq!(of("openvino", Precision::Int8), (Form::Quantised, None));
        assert_eq!(of("cuda", Precision::Fp16), (Form::Plain(Kind::Half), None));
        assert_eq!(of("tensorrt", Precision::Fp16), (Form::Plain(Kind::Float), Some(Precision::Fp16)));
    }

    #[test]
    fn values_keep_their_size_in_a_product() {
        let values = values("w", 64);
        let variance = values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32;
        assert!((variance * 64.0 - 1.0).abs() < 0.05, "{variance}");
    }
}
