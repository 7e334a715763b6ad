//! The plan of a comparison: what is compared, and how much is measured.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::configuration::Configuration;
use super::process::{Launch, Process};
use super::protocol::{Job, PictureFile, Setup};
use super::rounds::{Role, Task};
use crate::error::{Error, Result, at_most};
use crate::model::{Precision, Provider};
use crate::types::Fitting;

/// The most threads inside one call.
const MOST_THREADS: usize = 1024;
/// The most pictures in one call.
const MOST_PICTURES: usize = 1 << 16;
/// The longest time limit, in seconds.
const MOST_SECONDS: usize = 10_000_000;
/// The most rounds, calls or evaluations that are measured.
const MOST_REPEATS: usize = 1_000_000;

/// The plan of a comparison of providers: its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BenchPlan {
    /// The execution providers.
    pub providers: Vec<Provider>,
    /// The precisions; each bundle's own where none is named.
    pub precision: Vec<Precision>,
    /// Numbers of pictures in one call.
    pub batch: Vec<usize>,
    /// Bundle folders, graphs, or names of embedded models.
    pub model: Vec<String>,
    /// Prompt set by name or file.
    pub prompts: String,
    /// Step between windows, in patches.
    pub stride: usize,
    /// How pictures come to the models' square; as each model itself says where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fitting>,
    /// Threads inside one model call; all cores where none are named.
    pub threads: Option<usize>,
    /// Whether a provider that would hand part of the graph to the CPU fails.
    pub strict_ep: bool,
    /// Number of rounds; each visits every configuration once.
    pub rounds: usize,
    /// Timed calls of a configuration in a round; as many as fill 0.3 s where none are named.
    pub calls: Option<usize>,
    /// Untimed calls of a configuration after its first one.
    pub warm_up: usize,
    /// How long a configuration may take to answer.
    pub time_limit: Duration,
    /// Samples of each kind and category of the data.
    pub limit: usize,
    /// Model evaluations per sample of the attack that compares the metrics.
    pub budget: usize,
    /// Seed of the generated data and of the attack that compares the metrics.
    pub seed: u64,
    /// The ONNX Runtime library, or the folder that holds it; found where none is named.
    pub ort_lib: Option<PathBuf>,
    /// Whether the network may not be used.
    pub offline: bool,
}

impl Default for BenchPlan {
    /// The embedded model on the CPU, one and eight pictures a call, twenty rounds.
    fn default() -> Self {
        Self {
            providers: vec![Provider::Cpu],
            precision: Vec::new(),
            batch: vec![1, 8],
            model: vec!["pocket".into()],
            prompts: "winclip".into(),
            stride: 1,
            fit: None,
            threads: None,
            strict_ep: false,
            rounds: 20,
            calls: None,
            warm_up: 3,
            time_limit: Duration::from_secs(900),
            limit: 2,
            budget: 12,
            seed: 0,
            ort_lib: None,
            offline: false,
        }
    }
}

impl BenchPlan {
    /// Refuses a setting that names one value twice, which would be measured twice.
    ///
    /// # Errors
    /// A usage error that names the setting and the value.
    pub fn validate(&self) -> Result<()> {
        refuse_repeated("providers", &self.providers)?;
        refuse_repeated("precision", &self.precision)?;
        refuse_repeated("batch", &self.batch)?;
        refuse_repeated("model", &self.model)?;
        self.fit.map_or(Ok(()), |fit| fit.validate())?;
        let numbers = [
            ("batch", self.batch.iter().min().copied()),
            ("stride", Some(self.stride)),
            ("rounds", Some(self.rounds)),
            ("calls", self.calls),
            ("limit", Some(self.limit)),
            ("budget", Some(self.budget)),
        ];
        let most = [
            ("batch", self.batch.iter().max().copied().unwrap_or(0), MOST_PICTURES),
            ("rounds", self.rounds, MOST_REPEATS),
            ("calls", self.calls.unwrap_or(0), MOST_REPEATS),
            ("warm_up", self.warm_up, MOST_REPEATS),
            ("budget", self.budget, MOST_REPEATS),
            ("time_limit", self.time_limit.as_secs() as usize, MOST_SECONDS),
            ("threads", self.threads.unwrap_or(0), MOST_THREADS),
        ];
        for (setting, number, most) in most {
            at_most(setting, number, most)?;
        }
        match numbers.into_iter().find(|(_, number)| *number == Some(0)) {
            Some((setting, _)) => {
                Err(Error::setting(setting, 0, "leaves nothing to measure", "give at least 1"))
            }
            None => Ok(()),
        }
    }

    /// Every model with every provider, precision and batch; `own` are the bundles' own precisions, in the order of the models.
    pub(crate) fn configurations(&self, own: &[Option<Precision>]) -> Vec<Configuration> {
        let mut all = Vec::new();
        for (model, &own) in self.model.iter().zip(own) {
            let mut precisions: Vec<Option<Precision>> = self.precision.iter().copied().map(Some).collect();
            if precisions.is_empty() {
                precisions.push(own);
            }
            for provider in &self.providers {
                for &precision in &precisions {
                    all.extend(self.batch.iter().map(|&batch| Configuration {
                        model: model.clone(),
                        provider: provider.clone(),
                        precision,
                        batch,
                    }));
                }
            }
        }
        all
    }

    /// The tasks of the comparison, a child process each: references, then the configurations, then the matrix products. `launch` says
    /// how a child is started, `pictures` whose maps are compared.
    pub(crate) fn tasks(
        &self,
        configurations: &[Configuration],
        launch: &Launch,
        pictures: &[PictureFile],
    ) -> Vec<Task<Process>> {
        let task = |configuration: &Configuration, role: Role| {
            let launch = Launch {
                environment: configuration.environment(),
                time_limit: self.time_limit,
                ..launch.clone()
            };
            let setup = self.setup(configuration, role, pictures);
            Task::new(configuration.clone(), role, Process::new(launch, setup))
        };
        let (references, gemms) = (references(configurations), gemms(configurations));
        let references = references.iter().map(|one| task(one, Role::Reference));
        let models = configurations.iter().map(|one| task(one, Role::Model));
        references.chain(models).chain(gemms.iter().map(|one| task(one, Role::Gemm))).collect()
    }

    fn setup(&self, configuration: &Configuration, role: Role, pictures: &[PictureFile]) -> Setup {
        let job = match role {
            Role::Gemm => Job::Gemm,
            Role::Model | Role::Reference => Job::Model {
                model: configuration.model.clone(),
                prompts: self.prompts.clone(),
                stride: self.stride,
                fit: self.fit,
                pictures: pictures.to_vec(),
            },
        };
        Setup {
            job,
            provider: configuration.provider.clone(),
            precision: configuration.precision,
            batch: configuration.batch,
            threads: self.threads,
            strict: self.strict_ep,
            warm_up: self.warm_up,
            ort_lib: self.ort_lib.clone(),
            offline: self.offline,
        }
    }
}

fn refuse_repeated<T: PartialEq + ToString>(setting: &str, values: &[T]) -> Result<()> {
    match values.iter().enumerate().find(|(at, value)| values[..*at].contains(value)) {
        Some((_, value)) => {
            let setting = format!("`{setting} = {}`", value.to_string());
            Err(Error::usage(setting, "is given twice", "name each once"))
        }
        None => Ok(()),
    }
}

/// The references that are not among the configurations: each model is compared with itself on the CPU in fp32 (a graph of
/// unknown precision as it is).
fn references(configurations: &[Configuration]) -> Vec<Configuration> {
    let mut references: Vec<Configuration> = Vec::new();
    for one in configurations {
        let precision = one.precision.map(|_| Precision::Fp32);
        let reference = Configuration { provider: Provider::Cpu, precision, batch: 1, ..one.clone() };
        if !configurations.iter().any(|other| other.agrees_but_for_batch(&reference))
            && !references.contains(&reference)
        {
            references.push(reference);
        }
    }
    references
}

/// A matrix product for each provider and known precision.
fn gemms(configurations: &[Configuration]) -> Vec<Configuration> {
    let mut gemms: Vec<Configuration> = Vec::new();
    for one in configurations.iter().filter(|one| one.precision.is_some()) {
        let gemm = Configuration { model: "gemm".to_owned(), batch: 1, ..one.clone() };
        if !gemms.contains(&gemm) {
            gemms.push(gemm);
        }
    }
    gemms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(provider: &str, precision: Option<Precision>, batch: usize) -> Configuration {
        Configuration { model: "m".into(), provider: provider.parse().unwrap(), precision, batch }
    }

    fn plan(providers: &[&str], precision: &[Precision], batch: &[usize], model: &[&str]) -> BenchPlan {
        BenchPlan {
            providers: providers.iter().map(|name| name.parse().unwrap()).collect(),
            precision: precision.to_vec(),
            batch: batch.to_vec(),
            model: model.iter().map(|&name| name.to_owned()).collect(),
            ..BenchPlan::default()
        }
    }

    #[test]
    fn lists_multiply() {
        let precisions = [Precision::Fp32, Precision::Int8];
        let all = plan(&["cpu", "cuda:1"], &precisions, &[1, 4, 16], &["pocket"])
            .configurations(&[Some(Precision::Fp32)]);
        assert_eq!(all.len(), 2 * 2 * 3);
        assert_eq!(all[0].to_string(), "pocket on cpu, fp32, batch 1");
        assert_eq!(all[11].to_string(), "pocket on cuda:1, int8, batch 16");
    }

    #[test]
    fn the_bundles_own_precision_is_the_default() {
        let all =
            plan(&["cpu"], &[], &[1, 8], &["a", "b.onnx"]).configurations(&[Some(Precision::Int8), None]);
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names[0], "a on cpu, int8, batch 1");
        assert_eq!(names[3], "b.onnx on cpu, own, batch 8");
    }

    #[test]
    fn what_is_named_twice_is_refused() {
        let refused = plan(&["cpu"], &[], &[1, 8, 1], &["a"]).validate().unwrap_err();
        assert!(refused.subject.contains("`batch = 1`"), "{refused}");
        assert!(plan(&["cuda", "cuda:0"], &[], &[1], &["a"]).validate().is_err(), "they are the same");
        assert!(plan(&["cpu", "cuda"], &[], &[1, 8], &["a", "b"]).validate().is_ok());
        assert!(plan(&["cpu"], &[], &[0, 8], &["a"]).validate().unwrap_err().subject.contains("`batch = 0`"));
    }

    #[test]
    fn a_reference_is_added_only_where_there_is_none() {
        let fp32 = Some(Precision::Fp32);
        assert_eq!(references(&[one("cpu", fp32, 8), one("cuda", fp32, 8)]), []);
        let int8 = Some(Precision::Int8);
        assert_eq!(references(&[one("cpu", int8, 8), one("cuda", int8, 8)]), [one("cpu", fp32, 1)]);
        assert_eq!(references(&[one("cuda", None, 4)]), [one("cpu", None, 1)]);
    }

    #[test]
    fn one_product_serves_all_batches() {
        let (fp32, int8) = (Some(Precision::Fp32), Some(Precision::Int8));
        let all = [one("cpu", fp32, 1), one("cpu", fp32, 8), one("cpu", int8, 1), one("cuda", None, 1)];
        let found: Vec<String> = gemms(&all).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["gemm on cpu, fp32, batch 1", "gemm on cpu, int8, batch 1"]);
    }
}
