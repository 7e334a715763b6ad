//! Rows of a comparison of providers (`bench.csv`, `calls.csv`).

use serde::{Deserialize, Serialize};

use super::rows::Row;

/// What became of one configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BenchStatus {
    /// Not reached yet, or interrupted before its first round ended.
    #[default]
    Waiting,
    /// Measured, every node on the provider.
    Measured,
    /// Measured, but some nodes ran on another provider: the time is that of both.
    Mixed,
    /// Could not be measured.
    Failed,
}

/// One configuration (`bench.csv`). Times are milliseconds of wall clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchRow {
    /// The model, as it was named or by its bundle's name.
    pub model: String,
    /// The provider that was asked for.
    pub provider: String,
    /// What ran: the provider, or for [`BenchStatus::Mixed`] `provider+others`; empty where nothing ran.
    pub ran: String,
    /// fp32, fp16, bf16 or int8; `own` for a graph whose precision nobody knows.
    pub precision: String,
    /// Pictures in one call.
    pub batch: usize,
    /// What became of it.
    pub status: BenchStatus,
    /// Why it failed, or which nodes ran elsewhere.
    pub reason: Option<String>,
    /// What to do about that.
    pub fix: Option<String>,
    /// Finding and loading ONNX Runtime.
    pub library_ms: Option<f64>,
    /// Reading and verifying the bundle, and creating the session.
    pub session_ms: Option<f64>,
    /// The text tower: loading it and encoding the prompts.
    pub text_ms: Option<f64>,
    /// Building engines: what session and first call take beyond a warm call; TensorRT only.
    pub build_ms: Option<f64>,
    /// The first call.
    pub first_ms: Option<f64>,
    /// Calls of the warm-up after the first one.
    pub warm_up_calls: Option<usize>,
    /// All of them together.
    pub warm_up_ms: Option<f64>,
    /// Rounds measured.
    pub rounds: usize,
    /// Calls measured.
    pub calls: usize,
    /// Mean of a call.
    pub mean_ms: Option<f64>,
    /// Standard deviation.
    pub std_ms: Option<f64>,
    /// Shortest call.
    pub min_ms: Option<f64>,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Longest call.
    pub max_ms: Option<f64>,
    /// Pictures a second at the median.
    pub images_per_s: Option<f64>,
    /// Tokens of the image tower a second at the median.
    pub tokens_per_s: Option<f64>,
    /// Useful work in GFLOP/s at the median.
    pub gflop_per_s: Option<f64>,
    /// Median of the matrix product on the same provider and precision in the same rounds, GFLOP/s.
    pub gemm_gflop_per_s: Option<f64>,
    /// Why there is none.
    pub gemm_reason: Option<String>,
    /// How many times as long a picture takes as with the fastest configuration of the model; 1 for that.
    pub relative: Option<f64>,
    /// Largest resident set of the process, MiB.
    pub host_mib: Option<f64>,
    /// Device memory of the process, MiB.
    pub device_mib: Option<f64>,
    /// Nodes of the image graph on the provider.
    pub nodes: Option<usize>,
    /// Nodes of the image graph elsewhere.
    pub nodes_elsewhere: Option<usize>,
    /// `stable`, `noisy`, `drifting` or `short`.
    pub verdict: Option<String>,
    /// Spread of the rounds' medians, 10th to 90th percentile, as a share of the median.
    pub spread: Option<f64>,
    /// Median of the last third of the rounds against that of all, as a share.
    pub drift: Option<f64>,
    /// Largest absolute difference of the maps from those of CPU fp32.
    pub map_max_difference: Option<f64>,
    /// Mean absolute difference of the maps.
    pub map_mean_difference: Option<f64>,
    /// Clean pixel AUROC minus that of CPU fp32, in points.
    pub clean_pixel_auroc: Option<f64>,
    /// Clean AUPRO minus that of CPU fp32, in points.
    pub clean_aupro: Option<f64>,
    /// Worst-case pixel AUROC minus that of CPU fp32, in points.
    pub worst_pixel_auroc: Option<f64>,
    /// Worst-case AUPRO minus that of CPU fp32, in points.
    pub worst_aupro: Option<f64>,
    /// Why a parity is missing.
    pub parity_reason: Option<String>,
}

impl Row for BenchRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[&[
        "model",
        "provider",
        "ran",
        "precision",
        "batch",
        "status",
        "reason",
        "fix",
        "library_ms",
        "session_ms",
        "text_ms",
        "build_ms",
        "first_ms",
        "warm_up_calls",
        "warm_up_ms",
        "rounds",
        "calls",
        "mean_ms",
        "std_ms",
        "min_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "max_ms",
        "images_per_s",
        "tokens_per_s",
        "gflop_per_s",
        "gemm_gflop_per_s",
        "gemm_reason",
        "relative",
        "host_mib",
        "device_mib",
        "nodes",
        "nodes_elsewhere",
        "verdict",
        "spread",
        "drift",
        "map_max_difference",
        "map_mean_difference",
        "clean_pixel_auroc",
        "clean_aupro",
        "worst_pixel_auroc",
        "worst_aupro",
        "parity_reason",
    ]];
}

/// One timed call (`calls.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRow {
    /// When the command was started, UTC: times of different starts are not mixed.
    pub started: String,
    /// Round, from 0.
    pub round: usize,
    /// The model.
    pub model: String,
    /// What ran, as in [`BenchRow::ran`]; `gemm` is in `model` for the matrix product.
    pub ran: String,
    /// Precision.
    pub precision: String,
    /// Pictures in the call.
    pub batch: usize,
    /// Milliseconds.
    pub ms: f64,
}

impl Row for CallRow {
    const COLUMNS: &'static [&'static [&'static str]] =
        &[&["started", "round", "model", "ran", "precision", "batch", "ms"]];
}
