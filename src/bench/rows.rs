//! The rows of `bench.csv`, made from the measurements.

use std::collections::BTreeMap;

use super::configuration::names;
use super::parity::{ParityMetrics, ParityMetricsOf, difference};
use super::ratio::Ratio;
use super::rounds::{Measured, Role};
use super::statistics::Latency;
use super::verdict::Stability;
use crate::model::{ImageWork, Provider};
use crate::record::{BenchRow, BenchStatus};
use crate::stats::{distinct, median};

/// Knowledge about the models besides the measurements.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// The work for one picture, by model.
    pub work: BTreeMap<String, ImageWork>,
    /// The metrics on the data set, by configuration.
    pub metrics: ParityMetricsOf,
}

/// Makes a row for each configuration, in order; references and matrix products only lend their values.
pub fn rows(measured: &[&Measured], known: &Knowledge) -> Vec<BenchRow> {
    let mut rows: Vec<BenchRow> = measured
        .iter()
        .filter(|one| one.role == Role::Model)
        .map(|one| {
            let mut row = timing(one, known.work.get(&one.configuration.model));
            if row.status == BenchStatus::Measured || row.status == BenchStatus::Mixed {
                against_gemm(&mut row, one, measured);
            }
            parity(&mut row, one, measured, &known.metrics);
            row
        })
        .collect();
    let seconds = |row: &BenchRow| row.images_per_s.map(|speed| 1.0 / speed);
    let fastest: Vec<Option<f64>> = rows
        .iter()
        .map(|row| {
            let same = rows.iter().filter(|other| other.model == row.model);
            same.filter_map(seconds).min_by(f64::total_cmp)
        })
        .collect();
    for (row, fastest) in rows.iter_mut().zip(fastest) {
        row.relative = seconds(row).zip(fastest).map(|(own, fastest)| own / fastest);
    }
    let of_models = measured.iter().filter(|one| one.role == Role::Model).copied().collect::<Vec<_>>();
    pair(&mut rows, &of_models);
    shorten(&mut rows);
    rows
}

/// Names models as all records do.
fn shorten(rows: &mut [BenchRow]) {
    let names = names(&distinct(rows.iter().map(|row| row.model.clone())));
    for row in rows {
        row.model.clone_from(&names[&row.model]);
    }
}

/// Adds the ratios to the configuration to take and to the CPU, round by round.
fn pair(rows: &mut [BenchRow], measured: &[&Measured]) {
    let times: Vec<Vec<f64>> = measured.iter().map(|one| picture_ms(one)).collect();
    // By the geometric mean over rounds, as the ratios are.
    let fastest = |model: &str, wanted: &dyn Fn(usize) -> bool| {
        let own = |at: &usize| rows[*at].model == model && rows[*at].images_per_s.is_some() && wanted(*at);
        let own: Vec<usize> = (0..rows.len()).filter(own).collect();
        let common = own.iter().map(|&at| times[at].len()).min()?;
        let level = |at: &usize| times[*at][..common].iter().map(|ms| ms.ln()).sum::<f64>();
        own.into_iter().min_by(|a, b| level(a).total_cmp(&level(b)))
    };
    let against: Vec<[Option<Ratio>; 2]> = (0..rows.len())
        .map(|at| {
            let best = fastest(&rows[at].model, &|other| rows[other].keeps_answer());
            let cpu = fastest(&rows[at].model, &|other| measured[other].configuration.is_reference());
            [best, cpu].map(|other| Ratio::paired(&times[at], &times[other?]))
        })
        .collect();
    for (row, [best, cpu]) in rows.iter_mut().zip(against) {
        if row.images_per_s.is_none() {
            continue;
        }
        let (best, cpu) = (best, cpu.map(Ratio::inverse));
        (row.times_best, row.times_cpu) = (best.map(|ratio| ratio.value), cpu.map(|ratio| ratio.value));
        let ends = |ratio: Option<Ratio>| ratio.and_then(|ratio| ratio.interval).unzip();
        (row.times_best_low, row.times_best_high) = ends(best);
        (row.times_cpu_low, row.times_cpu_high) = ends(cpu);
    }
}

/// Milliseconds of a picture in each round: the median of its calls over the batch size.
fn picture_ms(one: &Measured) -> Vec<f64> {
    let batch = one.configuration.batch as f64;
    one.rounds.iter().filter_map(|calls| median(calls)).map(|ms| ms / batch).collect()
}

/// Number of nodes on the provider and elsewhere, and the names of the other providers.
fn placement(one: &Measured) -> Option<(usize, usize, Vec<&str>)> {
    let placement = &one.ready.as_ref()?.placement;
    let own = one.configuration.provider.runtime_name();
    let elsewhere: Vec<_> = placement.iter().filter(|(name, _)| *name != own).collect();
    let count = elsewhere.iter().map(|(_, nodes)| *nodes).sum();
    let names = elsewhere.iter().map(|(name, _)| short(name)).collect();
    Some((placement.get(own).copied().unwrap_or(0), count, names))
}

/// ONNX Runtime's name of a provider as askance writes it.
fn short(runtime_name: &str) -> &str {
    match runtime_name {
        "CPUExecutionProvider" => "cpu",
        "CUDAExecutionProvider" => "cuda",
        other => other,
    }
}

/// Names of the providers that ran under a configuration: its own, with those that stood in for it on single nodes.
pub fn ran(one: &Measured) -> Option<String> {
    let (_, _, others) = placement(one)?;
    let mut names = vec![one.configuration.provider.to_string()];
    names.extend(others.into_iter().map(str::to_owned));
    Some(names.join("+"))
}

fn timing(one: &Measured, work: Option<&ImageWork>) -> BenchRow {
    let configuration = &one.configuration;
    let mut row = BenchRow {
        model: configuration.model.clone(),
        provider: configuration.provider.to_string(),
        precision: configuration.precision_name().to_owned(),
        batch: configuration.batch,
        host_mib: one.memory.host_mib,
        device_mib: one.memory.device_mib,
        ..BenchRow::default()
    };
    if let Some(failure) = &one.failure {
        row.status = BenchStatus::Failed;
        row.reason = Some(one_line(&failure.reason));
        row.fix = Some(one_line(&failure.fix));
        return row;
    }
    let Some(ready) = &one.ready else { return row };
    row.ran = ran(one).unwrap_or_default();
    row.library_ms = Some(ready.library_ms);
    row.session_ms = Some(ready.session_ms);
    row.text_ms = Some(ready.text_ms);
    row.first_ms = Some(ready.first_ms);
    row.warm_up_calls = Some(ready.warm_up_ms.len());
    row.warm_up_ms = Some(ready.warm_up_ms.iter().sum());
    if let Some((nodes, elsewhere, others)) = placement(one) {
        row.nodes = Some(nodes);
        row.nodes_elsewhere = Some(elsewhere);
        if elsewhere > 0 {
            let all = nodes + elsewhere;
            let others = others.join(" and ");
            row.reason =
                Some(format!("{elsewhere} of {all} nodes ran on {others}: the time is of both together"));
            row.fix = Some(
                "add `strict` to refuse that, or export a graph whose operators the provider has".to_owned(),
            );
        }
    }
    if let Some(why) = one.one_by_one() {
        let told =
            format!("the time is that of {} calls of one picture: {}", configuration.batch, one_line(why));
        row.reason = Some(row.reason.map_or_else(|| told.clone(), |reason| format!("{reason}; {told}")));
    }
    let calls = one.rounds.concat();
    let Some(latency) = Latency::of(&calls) else { return row };
    row.status = if row.nodes_elsewhere.is_some_and(|nodes| nodes > 0) {
        BenchStatus::Mixed
    } else {
        BenchStatus::Measured
    };
    row.rounds = one.rounds.len();
    row.calls = latency.calls;
    row.mean_ms = Some(latency.mean);
    row.std_ms = latency.std;
    row.min_ms = Some(latency.min);
    row.p50_ms = Some(latency.p50);
    row.p90_ms = Some(latency.p90);
    row.p95_ms = Some(latency.p95);
    row.p99_ms = Some(latency.p99);
    row.max_ms = Some(latency.max);
    if matches!(configuration.provider, Provider::TensorRt { .. }) {
        row.build_ms = Some((ready.session_ms + ready.first_ms - latency.p50).max(0.0));
    }
    let images_per_s = 1e3 * configuration.batch as f64 / latency.p50;
    row.images_per_s = Some(images_per_s);
    row.tokens_per_s = work.map(|work| work.tokens as f64 * images_per_s);
    row.gflop_per_s = work.and_then(|work| work.flop).map(|flop| flop * images_per_s / 1e9);
    if let Some(stability) = Stability::of(&one.rounds) {
        row.verdict = Some(stability.verdict.name().to_owned());
        row.spread = Some(stability.spread);
        row.drift = Some(stability.drift);
    }
    row
}

fn against_gemm(row: &mut BenchRow, one: &Measured, all: &[&Measured]) {
    let wanted = &one.configuration;
    let same = |other: &&&Measured| {
        let found = &other.configuration;
        other.role == Role::Gemm && (&found.provider, found.precision) == (&wanted.provider, wanted.precision)
    };
    let Some(gemm) = all.iter().find(same) else {
        row.gemm_reason =
            Some("the precision is not known, so there is no product to compare with".to_owned());
        return;
    };
    let speed =
        gemm.ready.as_ref().and_then(|ready| Some(ready.flop? / median(&gemm.rounds.concat())? / 1e6));
    match (&gemm.failure, speed) {
        (Some(failure), _) => row.gemm_reason = Some(one_line(&failure.reason)),
        (None, Some(speed)) => row.gemm_gflop_per_s = Some(speed),
        (None, None) => row.gemm_reason = Some("it was not reached".to_owned()),
    }
}

fn parity(row: &mut BenchRow, one: &Measured, all: &[&Measured], metrics: &ParityMetricsOf) {
    if row.status == BenchStatus::Failed || one.maps.is_none() {
        return;
    }
    let is_reference =
        |other: &&&Measured| other.configuration.model == one.configuration.model && other.is_reference();
    // Any batch size that did not fail serves.
    let references = || all.iter().filter(is_reference);
    let Some(reference) = references().find(|other| other.maps.is_some()).or_else(|| references().next())
    else {
        row.parity_reason = Some("there is nothing to compare with".to_owned());
        return;
    };
    match (&one.maps, &reference.maps) {
        (Some(maps), Some(others)) => match difference(maps, others) {
            Some(difference) => {
                row.map_max_difference = Some(difference.max);
                row.map_mean_difference = Some(difference.mean);
            }
            None => {
                row.parity_reason = Some("the maps have another shape than those of the reference".to_owned())
            }
        },
        _ => {
            let why = reference
                .failure
                .as_ref()
                .map_or_else(|| "it was not reached".to_owned(), |f| f.reason.clone());
            row.parity_reason = Some(one_line(&format!("the reference on the CPU failed: {why}")));
            return;
        }
    }
    let found = (metrics.get(&one.configuration), metrics.get(&reference.configuration));
    match found {
        (Some(Ok(own)), Some(Ok(base))) => {
            let ParityMetrics { clean_pixel_auroc, clean_aupro, worst_pixel_auroc, worst_aupro } =
                own.points_from(*base);
            row.clean_pixel_auroc = clean_pixel_auroc;
            row.clean_aupro = clean_aupro;
            row.worst_pixel_auroc = worst_pixel_auroc;
            row.worst_aupro = worst_aupro;
        }
        (Some(Err(reason)), _) => row.parity_reason = Some(one_line(reason)),
        (_, Some(Err(reason))) => row.parity_reason = Some(one_line(&format!("on the reference: {reason}"))),
        _ => {}
    }
}

impl Measured {
    /// Whether the maps are what others are held against. References come first among the tasks.
    fn is_reference(&self) -> bool {
        self.role != Role::Gemm && self.configuration.is_reference()
    }
}

/// The text without line breaks, which a cell must not hold.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::super::protocol::{Memory, Ready};
    use super::super::{Configuration, Failure};
    use super::*;
    use crate::model::Precision;

    fn measured(provider: &str, role: Role, ms: f64) -> Measured {
        let provider: Provider = provider.parse().unwrap();
        let placement = [(provider.runtime_name().to_owned(), 10)].into();
        let ready =
            Ready { placement, flop: Some(4e9), session_ms: 900.0, first_ms: 30.0, ..Ready::default() };
        Measured {
            configuration: Configuration {
                model: "m".into(),
                provider,
                precision: Some(Precision::Fp32),
                batch: 2,
            },
            role,
            ready: Some(ready),
            rounds: vec![vec![ms; 3]; 6],
            memory: Memory { host_mib: Some(80.0), device_mib: None },
            maps: Some(vec![array![[0.5, ms as f32 / 100.0]]]),
            failure: None,
        }
    }

    fn known() -> Knowledge {
        let work = ImageWork { tokens: 100, flop: Some(1e9) };
        Knowledge { work: [("m".to_owned(), work)].into(), metrics: ParityMetricsOf::default() }
    }

    #[test]
    fn speeds_follow_from_the_median() {
        let (cpu, gemm) = (measured("cpu", Role::Model, 20.0), measured("cpu", Role::Gemm, 40.0));
        let found = rows(&[&cpu, &gemm], &known());
        let [row] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (row.status, row.ran.as_str(), row.rounds, row.calls),
            (BenchStatus::Measured, "cpu", 6, 18)
        );
        assert_eq!(row.images_per_s, Some(100.0), "2 pictures in 20 ms");
        assert_eq!((row.tokens_per_s, row.gflop_per_s), (Some(1e4), Some(100.0)));
        assert_eq!(row.gemm_gflop_per_s, Some(100.0), "4 GFLOP in 40 ms");
        assert_eq!((row.relative, row.build_ms, row.device_mib), (Some(1.0), None, None));
        assert_eq!(row.map_max_difference, Some(0.0));
    }

    #[test]
    fn relative_speed_is_within_a_model_and_parity_against_the_cpu() {
        let (cpu, fast) = (measured("cpu", Role::Reference, 20.0), measured("openvino", Role::Model, 10.0));
        let slow = measured("cuda", Role::Model, 40.0);
        let mut other = measured("cpu", Role::Model, 1.0);
        other.configuration.model = "n".into();
        let found = rows(&[&cpu, &fast, &slow, &other], &known());
        assert_eq!(
            found.iter().map(|row| row.relative).collect::<Vec<_>>(),
            [Some(1.0), Some(4.0), Some(1.0)]
        );
        assert!((found[0].map_max_difference.unwrap() - 0.1).abs() < 1e-7);
        assert!((found[0].map_mean_difference.unwrap() - 0.05).abs() < 1e-7);
    }

    #[test]
    fn nodes_elsewhere_are_counted_and_the_time_is_not_the_providers() {
        let mut mixed = measured("cuda", Role::Model, 10.0);
        mixed.ready.as_mut().unwrap().placement.insert("CPUExecutionProvider".into(), 3);
        let row = &rows(&[&mixed], &known())[0];
        assert_eq!((row.status, row.ran.as_str()), (BenchStatus::Mixed, "cuda:0+cpu"));
        assert_eq!((row.nodes, row.nodes_elsewhere), (Some(10), Some(3)));
        assert!(row.reason.as_ref().unwrap().starts_with("3 of 13 nodes ran on cpu"));
        assert!(row.fix.as_ref().unwrap().contains("`strict`"));
    }

    #[test]
    fn a_batch_that_is_given_picture_by_picture_has_that_for_a_reason() {
        let mut one = measured("cpu", Role::Model, 10.0);
        one.ready.as_mut().unwrap().one_by_one = Some("it fails".into());
        let row = &rows(&[&one], &known())[0];
        let reason = "the time is that of 2 calls of one picture: it fails";
        assert_eq!((row.status, row.reason.as_deref()), (BenchStatus::Measured, Some(reason)));
    }

    #[test]
    fn a_failure_has_a_reason_and_no_time() {
        let mut failed = measured("cuda", Role::Model, 10.0);
        failed.failure = Some(Failure::new("no such\n card", "count"));
        let row = &rows(&[&failed, &measured("cpu", Role::Model, 20.0)], &known())[0];
        assert_eq!((row.status, row.reason.as_deref()), (BenchStatus::Failed, Some("no such card")));
        assert_eq!((row.p50_ms, row.images_per_s, row.relative, row.ran.as_str()), (None, None, None, ""));
    }

    #[test]
    fn a_product_that_cannot_be_had_leaves_its_reason() {
        let mut gemm = measured("cpu", Role::Gemm, 1.0);
        gemm.failure = Some(Failure::new("no kernel", "none"));
        let cpu = measured("cpu", Role::Model, 20.0);
        let row = &rows(&[&cpu, &gemm], &known())[0];
        assert_eq!((row.gemm_gflop_per_s, row.gemm_reason.as_deref()), (None, Some("no kernel")));
    }

    #[test]
    fn engines_are_built_by_tensorrt_alone() {
        let row = &rows(&[&measured("tensorrt", Role::Model, 10.0)], &known())[0];
        assert_eq!(row.build_ms, Some(900.0 + 30.0 - 10.0));
    }
}
