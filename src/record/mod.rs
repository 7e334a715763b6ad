//! The records of a run: rows, maps, provenance; and how an interrupted run is taken up again.
//!
//! | file in `results/<run>/` | holds | written |
//! |---|---|---|
//! | `run.toml` | [`RunInfo`]: every setting, the bundle's hash, the machine | whole, through a temporary name |
//! | `samples.csv` | [`SampleRow`], one per sample and attack | appended by [`Journal`] as each is known |
//! | `stability.csv` | [`StabilityRow`], one per sample and attack or axis | appended by [`Journal`] |
//! | `summary.csv`, `operating.csv`, `differences.csv`, `sweep.csv`, `random.csv` | [`SummaryRow`], [`OperatingRow`], [`DifferenceRow`], [`SweepRow`], [`RandomRow`] | whole or appended |
//! | `patch_maps/<model>/<category>/<defect>/<stem>.<attack>.npy` | patch-level anomaly map, float32 | before its row |
//! | `bench.csv`, `calls.csv` | [`BenchRow`], one per configuration; [`CallRow`], one per timed call | whole after every round; appended |
//! | `transfer.csv` of a replay | [`TransferRow`], one per model, scope and attack | whole |
//! | `images/<model>/…` of a replay | perturbed pictures, where asked for, `.png` and `.npy` | whole |
//! | `examples/` | [`Example`]s: a few small pictures for the figures | whole |
//! | `maps/` | full-size maps and masks, where asked for, `.npy` | whole |
//! | `plots/` | figures, PNG | whole |
//! | `report.html` | the page about the run, where asked for | whole |
//!
//! A missing value is an empty cell.

mod agreement;
mod archive;
mod bench;
mod candidates;
mod checksum;
mod copy;
mod differences;
mod examples;
mod faults;
mod flat;
mod folder;
mod formula;
mod info;
mod intervals;
mod journal;
mod machine;
mod name;
mod npy;
mod operating;
mod paired;
mod parameters;
mod random;
mod rows;
mod search;
mod seeds;
mod shards;
mod stability;
mod tiff;
mod trace;
mod transfer;
mod uniform;

pub use agreement::require_agreement;
pub use archive::write_tar_gz;
pub use bench::{BenchRow, BenchStatus, CallRow};
pub(crate) use candidates::{CandidateRow, read_candidates, write_candidates};
pub use differences::DifferenceRow;
pub(crate) use examples::encode_mask;
pub use examples::{Example, ExampleRow, read_examples, write_examples};
pub use faults::{Fault, outside};
pub use flat::to_json;
pub(crate) use folder::{DAMAGED_MAP, write_npy};
pub use folder::{RunDir, read_map, write_atomic};
pub use formula::csv_cell;
pub use info::{
    BatchInfo, ConfigurationInfo, DatasetInfo, DefenceInfo, ModelInfo, ProviderInfo, RunInfo, RuntimeInfo,
    Skipped, Status, compatible, decisive, decisive_differences, in_full, to_table,
};
pub(crate) use info::{only_files_differ, read_mended};
pub use intervals::{Drops, Intervals};
pub use journal::{Journal, Opened, read_checked, read_growing, read_rows, write_rows};
pub use machine::Machine;
pub(crate) use machine::utc_apart;
pub use name::{file_name, last_part};
pub(crate) use npy::{is_whole, require_whole};
pub use operating::{Compared, Curves, Grouping, ImageRates, OperatingDrops, OperatingRow, PixelRates};
pub use paired::PairedRow;
pub use parameters::Parameters;
pub use random::RandomRow;
pub use rows::{Row, SampleRow, SummaryRow, SweepRow, mean_rows, sweep_means};
pub use search::{SearchMetricRow, SearchRow, SearchTimeRow};
pub use seeds::{SeedRow, seed_rows};
pub(crate) use shards::{command_of, unite};
pub use stability::{DecisionRule, StabilityRow};
pub use tiff::{read_half_tiff, write_half_tiff};
pub use trace::{Step, Trace};
pub use transfer::{AS_FOUND, TransferRow};
pub use uniform::{UniformRow, uniform_means};
