//! Rows of a comparison of providers (`bench.csv`, `calls.csv`).

use serde::{Deserialize, Serialize};

use super::faults::{Fault, amount, count, finite};
use super::rows::Row;

/// The outcome of one configuration of a comparison of providers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BenchStatus {
    /// The configuration was not reached yet, or interrupted before its first round ended.
    #[default]
    Waiting,
    /// The configuration was measured, with every node on the provider.
    Measured,
    /// The configuration was measured, but some nodes ran on another provider: the time is that of both.
    Mixed,
    /// The configuration could not be measured.
    Failed,
}

/// One configuration of a comparison of providers (`bench.csv`). Times are milliseconds of wall clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BenchRow {
    /// Name of the model as it was given, or that of its bundle.
    pub model: String,
    /// Execution provider that was asked for.
    pub provider: String,
    /// Execution provider that ran; for [`BenchStatus::Mixed`] `provider+others`; empty where nothing ran.
    pub ran: String,
    /// Precision: fp32, fp16, bf16 or int8; `own` for a graph whose precision nobody knows.
    pub precision: String,
    /// Pictures in one call.
    pub batch: usize,
    /// Outcome of the configuration.
    pub status: BenchStatus,
    /// Reason of a failure, the nodes that ran elsewhere, or that a batch was given to the graph picture by picture.
    pub reason: Option<String>,
    /// Advice about the reason of a failure.
    pub fix: Option<String>,
    /// Time to find and load ONNX Runtime.
    pub library_ms: Option<f64>,
    /// Time to read and verify the bundle, and to create the session.
    pub session_ms: Option<f64>,
    /// Time to load the text tower and to encode the prompts.
    pub text_ms: Option<f64>,
    /// Time to build engines, which session and first call take beyond a warm call; TensorRT only.
    pub build_ms: Option<f64>,
    /// Time of the first call.
    pub first_ms: Option<f64>,
    /// Number of calls of the warm-up after the first call.
    pub warm_up_calls: Option<usize>,
    /// Time of all calls of the warm-up together.
    pub warm_up_ms: Option<f64>,
    /// Number of rounds measured.
    pub rounds: usize,
    /// Number of calls measured.
    pub calls: usize,
    /// Mean time of a call.
    pub mean_ms: Option<f64>,
    /// Standard deviation of the time of a call.
    pub std_ms: Option<f64>,
    /// Time of the shortest call.
    pub min_ms: Option<f64>,
    /// Median time of a call.
    pub p50_ms: Option<f64>,
    /// 90th percentile of the time of a call.
    pub p90_ms: Option<f64>,
    /// 95th percentile of the time of a call.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the time of a call.
    pub p99_ms: Option<f64>,
    /// Time of the longest call.
    pub max_ms: Option<f64>,
    /// Pictures a second at the median time of a call.
    pub images_per_s: Option<f64>,
    /// Tokens of the image tower a second at the median time of a call.
    pub tokens_per_s: Option<f64>,
    /// Useful work in GFLOP/s at the median time of a call.
    pub gflop_per_s: Option<f64>,
    /// Median speed of a matrix product on the provider and precision of the configuration in the same
    /// rounds, GFLOP/s.
    pub gemm_gflop_per_s: Option<f64>,
    /// Reason why the speed of the matrix product is missing.
    pub gemm_reason: Option<String>,
    /// Time of a picture relative to the fastest configuration of the model, which has 1.
    pub relative: Option<f64>,
    /// Time of a picture relative to the fastest configuration of the model that keeps the answer, which has 1: geometric mean over
    /// rounds.
    pub times_best: Option<f64>,
    /// Lower end of its 95 % interval.
    pub times_best_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub times_best_high: Option<f64>,
    /// Pictures a second relative to fp32 on the CPU in its fastest batch size: geometric mean over rounds.
    pub times_cpu: Option<f64>,
    /// Lower end of its 95 % interval.
    pub times_cpu_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub times_cpu_high: Option<f64>,
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
    /// Reason why a difference from CPU fp32 is missing.
    pub parity_reason: Option<String>,
}

impl BenchRow {
    /// Largest difference of a map that counts as the same answer.
    pub const SAME_MAP: f64 = 0.01;
    /// Largest change of a metric that counts as the same answer, in points.
    pub const SAME_POINTS: f64 = 0.2;

    /// Whether maps and, as far as they were compared, clean and worst-case metrics are those of fp32 on the CPU.
    pub fn keeps_answer(&self) -> bool {
        let metrics = [self.clean_pixel_auroc, self.clean_aupro, self.worst_pixel_auroc, self.worst_aupro];
        self.map_max_difference.is_some_and(|most| most <= Self::SAME_MAP)
            && metrics.into_iter().flatten().all(|points| points.abs() <= Self::SAME_POINTS)
    }
}

/// Columns that records have had since ratios were paired by round.
const RATIOS: &[&str] =
    &["times_best", "times_best_low", "times_best_high", "times_cpu", "times_cpu_low", "times_cpu_high"];

impl Row for BenchRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &[
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
        ],
        RATIOS,
        &[
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
        ],
    ];
    const NEWER: &'static [&'static [&'static str]] = &[RATIOS];
    const KEY: &'static [&'static str] = &["model", "provider", "precision", "batch"];

    fn fault(&self) -> Option<Fault> {
        let amounts = [
            ("library_ms", self.library_ms),
            ("session_ms", self.session_ms),
            ("text_ms", self.text_ms),
            ("build_ms", self.build_ms),
            ("first_ms", self.first_ms),
            ("warm_up_ms", self.warm_up_ms),
            ("mean_ms", self.mean_ms),
            ("std_ms", self.std_ms),
            ("min_ms", self.min_ms),
            ("p50_ms", self.p50_ms),
            ("p90_ms", self.p90_ms),
            ("p95_ms", self.p95_ms),
            ("p99_ms", self.p99_ms),
            ("max_ms", self.max_ms),
            ("images_per_s", self.images_per_s),
            ("tokens_per_s", self.tokens_per_s),
            ("gflop_per_s", self.gflop_per_s),
            ("gemm_gflop_per_s", self.gemm_gflop_per_s),
            ("relative", self.relative),
            ("times_best", self.times_best),
            ("times_best_low", self.times_best_low),
            ("times_best_high", self.times_best_high),
            ("times_cpu", self.times_cpu),
            ("times_cpu_low", self.times_cpu_low),
            ("times_cpu_high", self.times_cpu_high),
            ("host_mib", self.host_mib),
            ("device_mib", self.device_mib),
            ("spread", self.spread),
            ("map_max_difference", self.map_max_difference),
            ("map_mean_difference", self.map_mean_difference),
        ];
        let differences = [
            ("drift", self.drift),
            ("clean_pixel_auroc", self.clean_pixel_auroc),
            ("clean_aupro", self.clean_aupro),
            ("worst_pixel_auroc", self.worst_pixel_auroc),
            ("worst_aupro", self.worst_aupro),
        ];
        let counts = [
            ("batch", Some(self.batch)),
            ("warm_up_calls", self.warm_up_calls),
            ("rounds", Some(self.rounds)),
            ("calls", Some(self.calls)),
            ("nodes", self.nodes),
            ("nodes_elsewhere", self.nodes_elsewhere),
        ];
        if let Some(fault) = counts.into_iter().find_map(|(column, value)| count(column, value)) {
            return Some(fault);
        }
        let mut amounts = amounts.into_iter();
        let fault = amounts.find_map(|(column, value)| amount(column, value));
        fault.or_else(|| differences.into_iter().find_map(|(column, value)| finite(column, value)))
    }
}

/// One timed call (`calls.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRow {
    /// Start of the command, UTC: times of different starts are not mixed.
    pub started: String,
    /// Number of the round, from 0.
    pub round: usize,
    /// Name of the model; `gemm` for the matrix product.
    pub model: String,
    /// Execution provider that ran, as in [`BenchRow::ran`].
    pub ran: String,
    /// Precision that ran.
    pub precision: String,
    /// Pictures in the call.
    pub batch: usize,
    /// Time of the call in milliseconds.
    pub ms: f64,
}

impl Row for CallRow {
    const ENDLESS: bool = true;
    const COLUMNS: &'static [&'static [&'static str]] =
        &[&["started", "round", "model", "ran", "precision", "batch", "ms"]];

    fn fault(&self) -> Option<Fault> {
        amount("ms", self.ms).or_else(|| count("round", self.round)).or_else(|| count("batch", self.batch))
    }
}
