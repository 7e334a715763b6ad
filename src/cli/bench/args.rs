//! Arguments of `askance bench`, and what they multiply to.

use std::path::PathBuf;

use clap::Args;

use askance::bench::Configuration;
use askance::dataset::Layout;
use askance::error::{Error, Result};
use askance::model::{Precision, Provider};

use crate::cli::args::{DataArgs, positive};

/// `askance bench`
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Execution providers to compare: cpu, cuda[:N], tensorrt[:N], openvino[:DEVICE]
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "cpu")]
    pub providers: Vec<Provider>,
    /// Precisions to compare: fp32, fp16, bf16, int8 [default: the bundle's own]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub precision: Vec<Precision>,
    /// Numbers of pictures in one call to compare
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,8", value_parser = positive)]
    pub batch: Vec<usize>,
    /// Bundle folder, a graph exported by anomalib (.onnx), or the name of an embedded model; repeat it to compare
    #[arg(long, value_name = "DIR", default_value = "pocket")]
    pub model: Vec<String>,
    /// Prompt set: winclip, common21, or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "winclip")]
    pub prompts: String,
    /// Step between windows, in patches
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub stride: usize,
    /// Threads inside one model call [default: all cores]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Fail a configuration whose provider would hand part of the graph to the CPU
    #[arg(long)]
    pub strict_ep: bool,
    /// Rounds; each visits every configuration once
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = positive)]
    pub rounds: usize,
    /// Timed calls of a configuration in a round [default: as many as fill 0.3 s, at most 50]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub calls: Option<usize>,
    /// Untimed calls of a configuration after its first one
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub warm_up: usize,
    /// Seconds that a configuration may take to answer, the building of an engine included
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = positive)]
    pub time_limit: usize,
    /// Data for the parity of maps and metrics [default: a small generated set in OUT/data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How the data lie [default: recognised]
    #[arg(long, value_name = "NAME", requires = "data")]
    pub layout: Option<Layout>,
    /// Only these categories
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', requires = "data")]
    pub category: Vec<String>,
    /// Only the first N good and the first N defective samples of each category
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = positive)]
    pub limit: usize,
    /// Model evaluations per sample of the attack that compares the metrics
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = positive)]
    pub budget: usize,
    /// Compare maps only: no attack on the data
    #[arg(long)]
    pub no_metrics: bool,
    /// Seed of the generated data and of the attack
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder of the run
    #[arg(long, value_name = "DIR", default_value = "results/bench")]
    pub out: PathBuf,
}

impl BenchArgs {
    /// Refuses what is named twice: it would be measured twice.
    pub fn validate(&self) -> Result<()> {
        refuse_repeated("--providers", &self.providers)?;
        refuse_repeated("--precision", &self.precision)?;
        refuse_repeated("--batch", &self.batch)?;
        refuse_repeated("--model", &self.model)
    }

    /// Every model with every provider, precision and batch; `own` are the bundles' own precisions.
    pub fn configurations(&self, own: &[Option<Precision>]) -> Vec<Configuration> {
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

    /// The data, which `generated` are where none were named.
    pub fn data_args(&self, generated: PathBuf) -> DataArgs {
        DataArgs {
            data: self.data.clone().unwrap_or(generated),
            layout: self.layout,
            name: None,
            category: self.category.clone(),
            limit: Some(self.limit),
            skip_bad: false,
        }
    }
}

fn refuse_repeated<T: PartialEq + ToString>(flag: &str, values: &[T]) -> Result<()> {
    match values.iter().enumerate().find(|(at, value)| values[..*at].contains(value)) {
        Some((_, value)) => {
            let flag = format!("{flag} {}", value.to_string());
            Err(Error::usage(flag, "is given twice", "name each once"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Wrapper {
        #[command(flatten)]
        args: BenchArgs,
    }

    fn parse(flags: &[&str]) -> BenchArgs {
        Wrapper::parse_from([&["bench"], flags].concat()).args
    }

    #[test]
    fn lists_multiply() {
        let args = parse(&["--providers", "cpu,cuda:1", "--precision", "fp32,int8", "--batch", "1,4,16"]);
        let all = args.configurations(&[Some(Precision::Fp32)]);
        assert_eq!(all.len(), 2 * 2 * 3);
        assert_eq!(all[0].to_string(), "pocket on cpu, fp32, batch 1");
        assert_eq!(all[11].to_string(), "pocket on cuda:1, int8, batch 16");
    }

    #[test]
    fn the_bundles_own_precision_is_the_default() {
        let args = parse(&["--model", "a", "--model", "b.onnx"]);
        let all = args.configurations(&[Some(Precision::Int8), None]);
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(names[0], "a on cpu, int8, batch 1");
        assert_eq!(names[3], "b.onnx on cpu, own, batch 8");
    }

    #[test]
    fn what_is_named_twice_is_refused() {
        assert!(parse(&["--batch", "1,8,1"]).validate().unwrap_err().subject.contains("--batch 1"));
        assert!(parse(&["--providers", "cuda,cuda:0"]).validate().is_err(), "they are the same");
        assert!(parse(&[]).validate().is_ok());
    }
}
