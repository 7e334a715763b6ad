//! CMA-ES against pycma: the same functions under the same protocol need about as many evaluations. The simplex against scipy:
//! the same points. Golden values of export/golden/search.py.

use askance::search::{CmaEs, CmaEsSettings, Dimension, NelderMead, Restarts, Space, Strategy};
use askance::stats::median;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    function: String,
    axes: usize,
    start: Vec<f64>,
    sigma: f64,
    seeds: u64,
    #[serde(default)]
    target: f64,
    #[serde(default)]
    most: usize,
    #[serde(default)]
    budget: usize,
    evaluations: Option<[f64; 3]>,
    best: Option<[f64; 3]>,
}

fn loss(function: &str, x: &[f64]) -> f64 {
    let n = x.len();
    match function {
        "sphere" => x.iter().map(|x| x * x).sum(),
        "ellipsoid" => {
            x.iter().enumerate().map(|(i, x)| 10f64.powf(6.0 * i as f64 / (n - 1) as f64) * x * x).sum()
        }
        "rosenbrock" => x
            .windows(2)
            .map(|pair| {
                let (a, b) = (2.0 * pair[0], 2.0 * pair[1]);
                100.0 * (b - a * a).powi(2) + (1.0 - a).powi(2)
            })
            .sum(),
        "rastrigin" => x
            .iter()
            .map(|x| {
                let y = 5.12 * x;
                10.0 + y * y - 10.0 * (std::f64::consts::TAU * y).cos()
            })
            .sum(),
        other => panic!("no function {other}"),
    }
}

fn cube(axes: usize) -> Space {
    Space::new(vec![Dimension { low: -1.0, high: 1.0, circular: false }; axes]).expect("a valid space")
}

/// Evaluations until the target, and the best loss within the budget.
fn run(row: &Row, seed: u64, budget: usize) -> (usize, f64) {
    let space = cube(row.axes);
    // The box is 2 wide.
    let settings = CmaEsSettings {
        population: None,
        initial_step: row.sigma / 2.0,
        least_step: 0.0,
        restarts: Restarts::None,
    };
    let mut search = CmaEs::with_settings(&space, budget, seed, settings);
    search.tell(std::slice::from_ref(&row.start), &[loss(&row.function, &row.start)]);
    until(&mut search, &row.function, row.target)
}

fn until(search: &mut CmaEs, function: &str, target: f64) -> (usize, f64) {
    let (mut count, mut best) = (0, f64::INFINITY);
    loop {
        let points = search.ask(usize::MAX);
        if points.is_empty() {
            return (count, best);
        }
        let losses: Vec<f64> = points.iter().map(|point| loss(function, point)).collect();
        for &loss in &losses {
            count += 1;
            best = best.min(loss);
            if best < target {
                return (count, best);
            }
        }
        search.tell(&points, &losses);
    }
}

#[test]
fn as_many_evaluations_as_pycma() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/search/cma.json"));
    let rows: Vec<Row> = serde_json::from_str(text).unwrap();
    assert_eq!(rows.len(), 8);
    for row in &rows {
        let name = format!("{} in {} axes", row.function, row.axes);
        if let Some([_, theirs, _]) = row.evaluations {
            let counts: Vec<f64> = (0..row.seeds)
                .map(|seed| match run(row, seed, row.most) {
                    (count, best) if best < row.target => count as f64,
                    _ => f64::INFINITY,
                })
                .collect();
            let ours = median(&counts).unwrap();
            assert!((0.75..1.25).contains(&(ours / theirs)), "{name}: {ours} evaluations, pycma {theirs}");
        }
        if let Some([_, theirs, _]) = row.best {
            let losses: Vec<f64> = (0..row.seeds).map(|seed| run(row, seed, row.budget).1).collect();
            let ours = median(&losses).unwrap();
            // Many local optima: the median jumps from one to the next.
            assert!((0.5..1.6).contains(&(ours / theirs)), "{name}: best {ours}, pycma {theirs}");
        }
    }
}

#[derive(Deserialize)]
struct RestartRow {
    restarts: String,
    axes: usize,
    target: f64,
    most: usize,
    seeds: u64,
    evaluations: [f64; 3],
}

#[test]
fn restarts_find_the_best_of_many_optima_as_soon_as_pycmas() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/search/restarts.json"));
    let rows: Vec<RestartRow> = serde_json::from_str(text).unwrap();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let restarts = match row.restarts.as_str() {
            "same" => Restarts::SamePopulation,
            "ipop" => Restarts::Ipop,
            "bipop" => Restarts::Bipop,
            other => panic!("no restarts {other}"),
        };
        let counts: Vec<f64> = (0..row.seeds)
            .map(|seed| {
                let settings = CmaEsSettings { restarts, ..CmaEsSettings::default() };
                let mut search = CmaEs::with_settings(&cube(row.axes), row.most, seed, settings);
                until(&mut search, "rastrigin", row.target).0 as f64
            })
            .collect();
        let (ours, theirs) = (median(&counts).unwrap(), row.evaluations[1]);
        let name = format!("{restarts:?} in {} axes: {ours} evaluations, pycma {theirs}", row.axes);
        // Where runs start and when they stagnate is our own.
        assert!((0.6..1.6).contains(&(ours / theirs)), "{name}");
    }
}

#[derive(Deserialize)]
struct SimplexRow {
    function: String,
    axes: usize,
    start: Vec<f64>,
    points: Vec<Vec<f64>>,
}

#[test]
fn the_simplex_goes_where_scipys_goes() {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/search/nelder_mead.json"));
    let rows: Vec<SimplexRow> = serde_json::from_str(text).unwrap();
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let mut search = NelderMead::new(&cube(row.axes), 1000, 0);
        search.tell(std::slice::from_ref(&row.start), &[loss(&row.function, &row.start)]);
        for (index, expected) in row.points.iter().enumerate() {
            let points = search.ask(1);
            assert_eq!(points.len(), 1);
            let off = points[0].iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(
                off < 1e-9,
                "{} in {} axes, evaluation {index}: {points:?} {expected:?}",
                row.function,
                row.axes
            );
            search.tell(&points, &[loss(&row.function, &points[0])]);
        }
    }
}
