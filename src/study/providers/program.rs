//! Attacks and replays in child processes: a process loads one ONNX Runtime library.

use std::io::BufRead;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::attack::BatchSize;
use crate::bench::Configuration;
use crate::error::{Error, Result};
use crate::runtime;
use crate::study::data::{Data, Source};
use crate::study::models::{ModelSpec, Models};
use crate::study::observe::Quiet;
use crate::study::plan::Plan;
use crate::study::replay::Replay;

/// A program that can be started as a child: with the arguments `bench` it must call [`bench::serve`](crate::bench::serve), with the
/// arguments `study` it must call [`serve`], both on its standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    /// Arguments for measurements of time.
    pub bench: Vec<String>,
    /// Arguments for an attack or a replay.
    pub study: Vec<String>,
}

/// Work for a child process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub task: Task,
    pub models: ModelSpec,
    pub out: PathBuf,
    pub ort_lib: Option<PathBuf>,
    pub offline: bool,
}

/// What a child does with its model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Task {
    Attack {
        source: Source,
        plan: Box<Plan>,
    },
    /// The worst cases of another attack, whose folder this is.
    Replay {
        run: PathBuf,
    },
}

/// The child's side: reads one order as JSON and carries it out.
///
/// # Errors
/// An order that cannot be read; those of the study.
pub fn serve(input: impl BufRead) -> Result<()> {
    let order: Order = serde_json::from_reader(input).map_err(|error| {
        Error::usage(
            "standard input",
            format!("holds no order ({error})"),
            "this command is started by others",
        )
    })?;
    let runtime =
        runtime::Options { ort_lib: order.ort_lib, offline: order.offline, ..runtime::Options::default() };
    match order.task {
        Task::Attack { source, plan } => {
            let checked = plan.check()?;
            let data = Data::read(&source)?;
            let mut models = Models::load(&order.models, &runtime, &Quiet)?;
            checked.run(&order.out, &data, &mut models, &Quiet).map(drop)
        }
        Task::Replay { run } => {
            let replay = Replay::new(run);
            let replaying = replay.open()?;
            let mut models = replaying.models(&order.models, &runtime, &Quiet)?;
            replaying.run(&order.out, Some(&mut models), &Quiet).map(drop)
        }
    }
}

/// The model of a configuration, with as many pictures in a call.
pub(super) fn spec(one: &Configuration, batch: usize) -> ModelSpec {
    ModelSpec {
        provider: one.provider.clone(),
        precision: one.precision,
        batch: BatchSize::Of(batch),
        ..ModelSpec::new([one.model.clone()])
    }
}
