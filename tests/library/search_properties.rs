//! What every search strategy keeps, whatever the loss.

use std::f64::consts::{PI, TAU};

use askance::search::{
    CmaEs, CmaEsSettings, Dimension, Kind, NelderMead, Restarts, Space, Strategy, Tracker, build,
};
use proptest::prelude::{
    ProptestConfig, any, prop_assert, prop_assert_eq, prop_assert_ne, prop_oneof, proptest,
};
use proptest::strategy::Strategy as _;

const ANGLE: Dimension = Dimension { low: -90.0, high: 90.0, circular: false };
const HUE: Dimension = Dimension { low: -PI, high: PI, circular: true };
const SATURATION: Dimension = Dimension { low: -0.5, high: 0.5, circular: false };

fn space(dimensions: &[Dimension]) -> Space {
    Space::new(dimensions.to_vec()).expect("a valid space")
}

/// Asks in batches of the given sizes in turn and tells each batch in parts; returns all points, and the best.
fn run(
    strategy: &mut dyn Strategy,
    loss: &dyn Fn(&[f64]) -> f64,
    batches: &[usize],
    parts: usize,
) -> (Vec<Vec<f64>>, Tracker) {
    let (mut all, mut tracker) = (Vec::new(), Tracker::default());
    for &batch in batches.iter().cycle() {
        let points = strategy.ask(batch);
        assert!(points.len() <= batch);
        if points.is_empty() {
            break;
        }
        let losses: Vec<f64> = points.iter().map(|point| loss(point)).collect();
        tracker.observe(&points, &losses);
        for (points, losses) in points.chunks(parts).zip(losses.chunks(parts)) {
            strategy.tell(points, losses);
        }
        all.extend(points);
        assert!(all.len() < 10_000, "never ends");
    }
    (all, tracker)
}

/// Distance on the hue circle.
fn around(a: f64, b: f64) -> f64 {
    let d = (a - b).rem_euclid(TAU);
    d.min(TAU - d)
}

fn rugged(point: &[f64]) -> f64 {
    point.iter().enumerate().map(|(i, x)| (x * (i as f64 + 1.3)).sin() + 0.01 * x * x).sum()
}

fn any_space() -> impl proptest::strategy::Strategy<Value = Space> {
    let dimension = (-100.0..100.0_f64, 1e-3..200.0_f64, any::<bool>())
        .prop_map(|(low, width, circular)| Dimension { low, high: low + width, circular });
    let fixed = (-5.0..5.0_f64).prop_map(|low| Dimension { low, high: low, circular: false });
    proptest::collection::vec(prop_oneof![6 => dimension, 1 => fixed], 1..5)
        .prop_map(|dimensions| Space::new(dimensions).expect("a valid space"))
}

/// Whether a strategy draws numbers; the others have as many points as a regular grid allows.
fn is_random(kind: Kind) -> bool {
    !matches!(kind, Kind::Grid | Kind::Exhaustive)
}

fn any_kind() -> impl proptest::strategy::Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn points_are_in_the_box_and_the_budget_holds(
        space in any_space(), kind in any_kind(), budget in 0..120_usize, seed: u64, batch in 1..20_usize,
    ) {
        let mut strategy = build(kind, &space, budget, seed);
        let (points, _) = run(strategy.as_mut(), &rugged, &[batch], 3);
        for point in &points {
            prop_assert!(space.contains(point), "{point:?}");
        }
        prop_assert!(points.len() <= budget);
        prop_assert_eq!(strategy.remaining(), 0);
        prop_assert_eq!(strategy.name(), kind.name());
        let all_fixed = space.dimensions().iter().all(|d| d.low == d.high);
        if is_random(kind) && !all_fixed {
            prop_assert_eq!(points.len(), budget);
        }
    }

    #[test]
    fn batches_do_not_matter_and_the_seed_does(
        space in any_space(), kind in any_kind(), seed: u64, sizes in proptest::collection::vec(1..9_usize, 1..5),
    ) {
        let once = |seed, sizes: &[usize], parts| run(build(kind, &space, 60, seed).as_mut(), &rugged, sizes, parts).0;
        let reference = once(seed, &[usize::MAX], usize::MAX);
        prop_assert_eq!(&once(seed, &sizes, 2), &reference);
        let all_fixed = space.dimensions().iter().all(|d| d.low == d.high);
        if is_random(kind) && !all_fixed {
            prop_assert_ne!(&once(seed ^ 1, &sizes, 2), &reference);
        }
    }

    #[test]
    fn any_loss_is_survived(kind in any_kind(), seed: u64, pattern in proptest::collection::vec(0..5_usize, 1..7)) {
        let losses = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 1e300];
        let mut strategy = build(kind, &space(&[ANGLE, HUE, SATURATION]), 100, seed);
        let mut count = 0;
        loop {
            let points = strategy.ask(5);
            if points.is_empty() {
                break;
            }
            let told: Vec<f64> = (count..count + points.len()).map(|i| losses[pattern[i % pattern.len()]]).collect();
            strategy.tell(&points, &told);
            count += points.len();
        }
        prop_assert!(count == 100 || (!is_random(kind) && (85..100).contains(&count)), "{kind}: {count}");
    }
}

#[test]
fn an_optimum_on_the_seam_is_found_from_both_sides() {
    // All strategies, though only some of them see the circle in their update.
    for kind in Kind::ALL {
        for side in [PI - 1e-3, -PI + 1e-3, PI] {
            let mut strategy = build(kind, &space(&[HUE]), 60, 1);
            let (_, tracker) = run(strategy.as_mut(), &|p| around(p[0], side).powi(2), &[8], 8);
            let error = around(tracker.best().unwrap().point[0], side);
            let is_local =
                matches!(kind, Kind::NelderMead | Kind::CmaEs | Kind::IpopCmaEs | Kind::BipopCmaEs);
            let allowed = if is_local { 5e-3 } else { 0.2 };
            assert!(error < allowed, "{kind}: {error} from {side}");
        }
    }
}

#[test]
fn a_run_walks_across_the_seam() {
    // From one side of the seam to an optimum on the other: the way round the circle is twenty times as long, so that an
    // update on wrapped values could not take this narrow step.
    let settings = CmaEsSettings { initial_step: 0.02, restarts: Restarts::None, ..CmaEsSettings::default() };
    for seed in 0..10 {
        let mut search = CmaEs::with_settings(&space(&[HUE, SATURATION]), 120, seed, settings);
        let loss = |p: &[f64]| around(p[0], -PI + 0.2) + p[1].abs();
        let start = vec![PI - 0.1, 0.05];
        search.tell(std::slice::from_ref(&start), &[loss(&start)]);
        let (points, tracker) = run(&mut search, &loss, &[64], 64);
        assert!(tracker.best().unwrap().loss < 0.02, "seed {seed}: {:?}", tracker.best());
        assert!(points.iter().all(|p| around(p[0], PI) < 1.5), "seed {seed} went the long way");
    }
}

#[test]
fn an_optimum_on_the_edge_is_found() {
    for seed in 0..10 {
        let mut strategy = build(Kind::CmaEs, &space(&[ANGLE, SATURATION]), 150, seed);
        let (_, tracker) = run(strategy.as_mut(), &|p| p[0] / 180.0 - p[1], &[16], 16);
        assert!(tracker.best().unwrap().loss < -0.99, "seed {seed}: {:?}", tracker.best());
    }
}

#[test]
fn a_parabola_is_found_in_fifty_evaluations() {
    let mut errors: Vec<f64> = (0..41)
        .map(|seed| {
            let mut strategy = build(Kind::CmaEs, &space(&[SATURATION]), 50, seed);
            let (_, tracker) = run(strategy.as_mut(), &|p| (p[0] - 0.137).powi(2), &[7], 7);
            (tracker.best().unwrap().point[0] - 0.137).abs()
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[20] < 1e-3 && errors[40] < 2e-2, "median {}, worst {}", errors[20], errors[40]);
}

#[test]
fn what_is_offered_counts_as_known_and_is_where_the_search_starts() {
    let space = space(&[ANGLE, HUE, SATURATION]);
    let identity = vec![0.0; 3];
    let good = vec![60.0, 2.5, 0.4];
    let settings = CmaEsSettings { initial_step: 0.01, ..CmaEsSettings::default() };
    let mut search = CmaEs::with_settings(&space, 40, 3, settings);
    search.tell(&[identity, good.clone()], &[1.0, 0.5]);
    let first = search.ask(7);
    assert_eq!(first.len(), 7);
    for point in &first {
        assert!((point[0] - good[0]).abs() < 15.0 && around(point[1], good[1]) < 0.5, "{point:?}");
    }
    search.tell(&first, &[2.0; 7]);
    run(&mut search, &|_| 3.0, &[5], 5);
    let best = search.best().unwrap();
    assert_eq!((best.loss, &best.point), (0.5, &good));
    assert_eq!(search.remaining(), 0);
}

#[test]
fn a_point_offered_between_ask_and_tell_changes_nothing() {
    let offered = vec![vec![1.0, 1.0, 0.1]; 8];
    let points = |offer: bool| {
        let mut search = CmaEs::new(&space(&[ANGLE, HUE, SATURATION]), 60, 4);
        let mut all = Vec::new();
        loop {
            let points = search.ask(4);
            if points.is_empty() {
                return all;
            }
            if offer {
                search.tell(&offered, &[50.0; 8]);
            }
            search.tell(&points, &points.iter().map(|point| rugged(point)).collect::<Vec<_>>());
            all.extend(points);
        }
    };
    assert_eq!(points(true), points(false));
}

#[test]
fn a_flat_loss_restarts_instead_of_standing_still() {
    let space = space(&[ANGLE, HUE, SATURATION]);
    let settings = CmaEsSettings { initial_step: 1e-3, ..CmaEsSettings::default() };
    let mut search = CmaEs::with_settings(&space, 200, 0, settings);
    search.tell(&[vec![0.0; 3]], &[1.0]);
    let (points, _) = run(&mut search, &|_| 1.0, &[50], 50);
    assert_eq!(points.len(), 200);
    // A run stays within a few thousandths of its start; each new one is elsewhere.
    let mut starts: Vec<&Vec<f64>> = Vec::new();
    for point in &points {
        if starts.iter().all(|start| (start[0] - point[0]).abs() > 5.0) {
            starts.push(point);
        }
    }
    assert!(starts.len() >= 5, "{} starts", starts.len());

    let mut single =
        CmaEs::with_settings(&space, 200, 0, CmaEsSettings { restarts: Restarts::None, ..settings });
    let (points, _) = run(&mut single, &|_| 1.0, &[50], 50);
    assert_eq!(points.len(), 3 * 7, "the design and two flat generations");
}

#[test]
fn a_deceptive_loss_is_left_by_restarts() {
    // A wide bowl round the start and a narrower, deeper one at the far side.
    let loss = |p: &[f64]| {
        let wide = (p[0] / 90.0 + 0.5).powi(2) + (p[1] / 0.5 + 0.5).powi(2);
        let deep = ((p[0] / 90.0 - 0.7).powi(2) + (p[1] / 0.5 - 0.6).powi(2)) * 4.0 - 0.5;
        wide.min(deep)
    };
    let space = space(&[ANGLE, SATURATION]);
    let found = |restarts: Restarts| {
        (0..20)
            .filter(|&seed| {
                let settings = CmaEsSettings { initial_step: 0.05, restarts, ..CmaEsSettings::default() };
                let mut search = CmaEs::with_settings(&space, 1500, seed, settings);
                let start = vec![-45.0, -0.2];
                search.tell(std::slice::from_ref(&start), &[loss(&start)]);
                run(&mut search, &loss, &[32], 32).1.best().is_some_and(|best| best.loss < -0.49)
            })
            .count()
    };
    assert_eq!(found(Restarts::None), 0);
    for restarts in [Restarts::SamePopulation, Restarts::Ipop, Restarts::Bipop] {
        let found = found(restarts);
        assert!(found >= 14, "{found} of 20 with {restarts:?}");
    }
}

#[test]
fn a_simplex_starts_where_it_was_told_and_starts_anew_when_it_is_small() {
    let space = space(&[ANGLE, HUE, SATURATION]);
    let good = vec![60.0, -3.0, 0.4];
    let mut search = NelderMead::new(&space, 300, 3);
    search.tell(&[vec![0.0; 3], good.clone()], &[1.0, 0.5]);
    let first = search.ask(99);
    // Towards the middle where the axis has ends; across the seam or not on the circle.
    assert_eq!(
        (first.len(), &first[0], &first[2]),
        (3, &vec![15.0, -3.0, 0.4], &vec![60.0, -3.0, 0.4 - 0.25])
    );
    assert!((around(first[1][1], -3.0) - TAU / 4.0).abs() < 1e-9);
    assert!(search.ask(1).is_empty(), "the next step needs these losses");
    search.tell(&first, &[2.0, 3.0, 2.5]);
    let loss = |p: &[f64]| (p[0] / 90.0 - 0.6).powi(2) + around(p[1], PI).powi(2) + p[2].powi(2);
    let (points, tracker) = run(&mut search, &loss, &[4], 1);
    assert_eq!(points.len(), 297);
    assert!(tracker.best().unwrap().loss < 1e-5, "{:?}", tracker.best());
    // Restarts: some points far from the optimum come late.
    assert!(points[150..].iter().any(|p| loss(p) > 0.5), "no restart in 300 evaluations");
}

#[test]
fn a_grid_has_its_ends_and_no_point_twice() {
    let points = |dimension, budget| {
        let mut values: Vec<f64> = build(Kind::Grid, &space(&[dimension]), budget, 0).ask(99).concat();
        values.sort_by(f64::total_cmp);
        values
    };
    assert_eq!(points(ANGLE, 5), [-90.0, -45.0, 0.0, 45.0, 90.0]);
    assert_eq!(points(HUE, 4), [-PI, -PI / 2.0, 0.0, PI / 2.0]);
    assert_eq!(points(SATURATION, 1), [0.0]);

    let mut grid = build(Kind::Grid, &space(&[ANGLE, HUE, SATURATION]), 100, 0);
    let first = grid.ask(8);
    let mut all = [first.clone(), grid.ask(usize::MAX)].concat();
    assert_eq!(all.len(), 100);
    all.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
    all.dedup();
    assert_eq!(all.len(), 100);
    // The first eight are the corners of a box half as wide as the space or wider.
    for axis in 0..3 {
        let mut values: Vec<f64> = first.iter().map(|point| point[axis]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let width = [180.0, TAU, 1.0][axis];
        assert!(values.len() == 2 && values[1] - values[0] >= width / 2.0 - 1e-9, "{axis}: {values:?}");
    }
}

#[test]
fn kinds_read_back() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse::<Kind>().unwrap(), kind);
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    assert_eq!(Kind::default(), Kind::Bayesian);
    assert!("adam".parse::<Kind>().unwrap_err().fix.contains("cma-es"));
}
