//! The bootstrap over samples: against the metrics of sets in which samples really stand several times, and whether its
//! intervals hold what they promise.

use askance::metric::{AuproMode, Interval, MetricOptions, Redraws, ScoredSet, Weighted, evaluate};
use askance::types::Metrics;
use ndarray::Array2;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Scored pictures with ground truth, the pixels that count, and scores of the whole.
#[derive(Clone, Debug, Default)]
struct Category {
    maps: Vec<Array2<f32>>,
    masks: Vec<Array2<bool>>,
    valid: Vec<Array2<bool>>,
}

impl Category {
    /// Calls `f` with the set that holds these pictures.
    fn with<T>(&self, at: &[usize], f: impl FnOnce(&ScoredSet) -> T) -> T {
        let maps: Vec<_> = at.iter().map(|&at| self.maps[at].view()).collect();
        let masks: Vec<_> = at.iter().map(|&at| self.masks[at].view()).collect();
        let valid: Vec<_> = at.iter().map(|&at| self.valid[at].view()).collect();
        let image_scores: Vec<f32> =
            maps.iter().map(|map| map.iter().copied().fold(f32::MIN, f32::max)).collect();
        let image_labels: Vec<bool> =
            masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect();
        f(&ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: Some(&valid),
            image_scores: &image_scores,
            image_labels: &image_labels,
        })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.maps.len()).collect()
    }

    fn labels(&self) -> Vec<bool> {
        self.masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect()
    }

    fn weighted(&self, options: &MetricOptions) -> Weighted {
        self.with(&self.all(), |set| Weighted::new(set, options)).unwrap()
    }

    /// The metrics of a set in which each picture stands as often as its weight says.
    fn evaluated(&self, weights: &[u32], options: &MetricOptions) -> Metrics {
        let held: Vec<usize> = (0..weights.len()).flat_map(|at| (0..weights[at]).map(move |_| at)).collect();
        self.with(&held, |set| evaluate(set, options)).unwrap()
    }

    /// Largest difference between a metric under these weights and that of the set that holds the pictures so often.
    fn error(&self, weighted: &Weighted, weights: &[u32], options: &MetricOptions) -> f64 {
        let (found, expected) = (weighted.metrics(weights), self.evaluated(weights, options));
        let error = |of: fn(&Metrics) -> Option<f64>| match (of(&found), of(&expected)) {
            (None, None) => 0.0,
            (Some(found), Some(expected)) => (found - expected).abs(),
            _ => f64::INFINITY,
        };
        error(|m| m.pixel_auroc).max(error(|m| m.aupro)).max(error(|m| m.image_auroc))
    }
}

/// Small pictures on few levels, so that there are ties within and between the classes; and weights for them.
fn weighted_category() -> impl Strategy<Value = (Category, Vec<u32>)> {
    (1usize..7, 1usize..10, 1usize..10, 2i32..200, 1u32..9).prop_flat_map(
        |(images, rows, columns, levels, rarity)| {
            let pixel = (-levels..=levels, 0..10 * rarity, 0u32..10);
            let pictures = prop::collection::vec(prop::collection::vec(pixel, rows * columns), images);
            (pictures, prop::collection::vec(0u32..4, images)).prop_map(move |(pictures, weights)| {
                let mut category = Category::default();
                for pixels in pictures {
                    let at = |(y, x): (usize, usize)| pixels[y * columns + x];
                    category.maps.push(Array2::from_shape_fn((rows, columns), |p| at(p).0 as f32 / 64.0));
                    category.masks.push(Array2::from_shape_fn((rows, columns), |p| at(p).1 < 4));
                    category.valid.push(Array2::from_shape_fn((rows, columns), |p| at(p).2 != 0));
                }
                (category, weights)
            })
        },
    )
}

proptest! {
    #[test]
    fn weights_give_the_metrics_of_the_set_that_holds_samples_so_often(
        (category, weights) in weighted_category(),
        fpr_limit in prop::sample::select(vec![0.05, 0.3, 1.0]),
    ) {
        let options = MetricOptions { fpr_limit, aupro: AuproMode::Exact };
        let error = category.error(&category.weighted(&options), &weights, &options);
        prop_assert!(error < 1e-12, "{error}");
    }
}

/// Pictures of a detector that finds most defects, some hardly and some not at all: a random level for each picture, smooth
/// structure, noise, and one to three regions of any size.
fn pictures(
    normal: usize,
    anomalous: usize,
    size: usize,
    levels: Option<f32>,
    contrast: f32,
    seed: u64,
) -> Category {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut category = Category::default();
    for at in 0..normal + anomalous {
        let mut gauss = || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
        let level = 0.5 * gauss();
        let structure: Vec<f32> = (0..36).map(|_| gauss()).collect();
        let noise: Vec<f32> = (0..size * size).map(|_| 0.2 * gauss()).collect();
        let mut mask = Array2::from_elem((size, size), false);
        for _ in 0..if at < normal { 0 } else { rng.random_range(1..4) } {
            let half = size / 2;
            let (height, width) = (rng.random_range(1..half), rng.random_range(1..half));
            let (top, left) = (rng.random_range(0..size - height), rng.random_range(0..size - width));
            mask.slice_mut(ndarray::s![top..top + height, left..left + width]).fill(true);
        }
        let found =
            if rng.random::<f32>() < 0.15 { 0.0 } else { contrast * (0.3 + 1.4 * rng.random::<f32>()) };
        let scale = 5.0 / size as f32;
        category.maps.push(Array2::from_shape_fn((size, size), |(y, x)| {
            let (v, u) = (y as f32 * scale, x as f32 * scale);
            let (cell, dy, dx) = (v as usize * 6 + u as usize, v.fract(), u.fract());
            let upper = structure[cell] * (1.0 - dx) + structure[cell + 1] * dx;
            let lower = structure[cell + 6] * (1.0 - dx) + structure[cell + 7] * dx;
            let defect = if mask[[y, x]] { found } else { 0.0 };
            let score = level + upper * (1.0 - dy) + lower * dy + noise[y * size + x] + defect;
            levels.map_or(score, |levels| (score * levels).round() / levels)
        }));
        category.valid.push(Array2::from_elem((size, size), true));
        category.masks.push(mask);
    }
    category
}

#[test]
fn many_distinct_scores_are_told_apart_well_enough() {
    let options = MetricOptions::default();
    for contrast in [1.0, 3.0, 8.0] {
        let category = pictures(8, 16, 64, None, contrast, 3);
        let weighted = category.weighted(&options);
        let mut worst = category.error(&weighted, &[1; 24], &options);
        for weights in Redraws::new(&category.labels(), 10, 7).weights() {
            worst = worst.max(category.error(&weighted, &weights.to_vec(), &options));
        }
        eprintln!("contrast {contrast}: worst error {worst:e}, {:?}", weighted.metrics(&[1; 24]));
        assert!(worst < 1e-6, "contrast {contrast}: {worst}");
    }
}

/// Exploration: coverage per method.
#[test]
#[ignore = "exploration"]
fn explore() {
    let reps: usize = std::env::var("REPS").unwrap().parse().unwrap();
    let redraws: usize = std::env::var("REDRAWS").unwrap().parse().unwrap();
    for (contrast, ratio) in [(3.0, 2), (3.0, 1), (8.0, 2), (1.5, 2)] {
        let large = pictures(2000 / ratio, 2000, 16, Some(16.0), contrast, 11);
        let weighted = large.weighted(&MetricOptions::default());
        let all = weighted.metrics(&vec![1; large.maps.len()]);
        eprintln!("contrast {contrast} ratio {ratio} {:?}", all);
        for n in [8usize, 20, 100] {
            let normals = n / ratio;
            let labels: Vec<bool> = (0..normals + n).map(|at| at >= normals).collect();
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            let mut held = [[0usize; 3]; 6];
            let mut miss = [[(0usize, 0usize); 3]; 6];
            for rep in 0..reps {
                let drawn: Vec<usize> = labels
                    .iter()
                    .map(|&anomalous| {
                        if anomalous {
                            2000 / ratio + rng.random_range(0..2000)
                        } else {
                            rng.random_range(0..2000 / ratio)
                        }
                    })
                    .collect();
                let on_large = |weights: &[u32]| {
                    let mut w = vec![0u32; large.maps.len()];
                    for (at, x) in drawn.iter().zip(weights) {
                        w[*at] += x;
                    }
                    w
                };
                let values = |w: &[u32]| {
                    let m = weighted.metrics(&on_large(w));
                    [m.pixel_auroc.unwrap(), m.aupro.unwrap(), m.image_auroc.unwrap()]
                };
                let point = values(&vec![1; labels.len()]);
                use rayon::prelude::*;
                let rows: Vec<Vec<u32>> =
                    Redraws::new(&labels, redraws, rep as u64).weights().map(|w| w.to_vec()).collect();
                let re: Vec<[f64; 3]> = rows.par_iter().map(|w| values(w)).collect();
                let jack: Vec<[f64; 3]> = (0..labels.len())
                    .into_par_iter()
                    .map(|at| {
                        let mut w = vec![1; labels.len()];
                        w[at] = 0;
                        values(&w)
                    })
                    .collect();
                for metric in 0..3 {
                    let truth = [all.pixel_auroc, all.aupro, all.image_auroc][metric].unwrap();
                    let theta = point[metric];
                    let v: Vec<f64> = re.iter().map(|r| r[metric]).collect();
                    let q = |p: f64| askance::stats::quantile(&v, p).unwrap();
                    let eff = if metric == 2 { n.min(normals).max(2) } else { n };
                    let t = {
                        let f = (eff - 1) as f64;
                        let z: f64 = 1.95996;
                        z + (z.powi(3) + z) / (4.0 * f)
                            + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * f * f)
                            + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z)
                                / (384.0 * f.powi(3))
                    };
                    let zt = t * (eff as f64 / (eff as f64 - 1.0)).sqrt();
                    let cdf = askance::stats::normal_distribution;
                    let sd = askance::stats::standard_deviation(&v).unwrap();
                    // BCa, stratified acceleration: sum over strata of L^3/n^3 etc; here influence from jackknife per stratum.
                    let (mut s2, mut s3) = (0.0, 0.0);
                    for class in [false, true] {
                        let js: Vec<f64> = (0..labels.len())
                            .filter(|&i| labels[i] == class)
                            .map(|i| jack[i][metric])
                            .collect();
                        if js.len() < 2 {
                            continue;
                        }
                        let m = askance::stats::mean(&js).unwrap();
                        let k = js.len() as f64;
                        for j in js {
                            let l = (k - 1.0) * (m - j) / k;
                            s2 += l * l;
                            s3 += l.powi(3);
                        }
                    }
                    let a = s3 / (6.0 * s2.powf(1.5));
                    let below = v.iter().filter(|x| **x < theta).count() as f64
                        + 0.5 * v.iter().filter(|x| **x == theta).count() as f64;
                    let inv = |p: f64| {
                        let (mut lo, mut hi) = (-6.0, 6.0);
                        for _ in 0..60 {
                            let mid = 0.5 * (lo + hi);
                            if cdf(mid) < p { lo = mid } else { hi = mid }
                        }
                        0.5 * (lo + hi)
                    };
                    let z0 = inv(below / v.len() as f64);
                    let bca = |z: f64| cdf(z0 + (z0 + z) / (1.0 - a * (z0 + z)).max(0.05));
                    let clampq = |p: f64| q(p);
                    // logit-normal with t
                    let logit = |p: f64| {
                        let p = p.clamp(1e-6, 1.0 - 1e-6);
                        (p / (1.0 - p)).ln()
                    };
                    let lv: Vec<f64> = v.iter().map(|x| logit(*x)).collect();
                    let lsd = askance::stats::standard_deviation(&lv).unwrap();
                    let unlogit = |x: f64| 1.0 / (1.0 + (-x).exp());
                    let intervals = [
                        (q(0.025), q(0.975)),
                        (q(cdf(-zt)), q(1.0 - cdf(-zt))),
                        (clampq(bca(-1.95996)), clampq(bca(1.95996))),
                        (clampq(bca(-zt)), clampq(bca(zt))),
                        (theta - zt * sd, theta + zt * sd),
                        (unlogit(logit(theta) - zt * lsd), unlogit(logit(theta) + zt * lsd)),
                    ];
                    for (method, (low, high)) in intervals.into_iter().enumerate() {
                        held[method][metric] += usize::from(low <= truth && truth <= high);
                        miss[method][metric].0 += usize::from(truth < low);
                        miss[method][metric].1 += usize::from(truth > high);
                    }
                }
            }
            for (method, name) in
                ["percentile", "expanded", "bca", "bca expanded", "t", "logit t"].iter().enumerate()
            {
                let p = |m: usize| {
                    format!(
                        "{:.1} ({:.1}/{:.1})",
                        100.0 * held[method][m] as f64 / reps as f64,
                        100.0 * miss[method][m].0 as f64 / reps as f64,
                        100.0 * miss[method][m].1 as f64 / reps as f64
                    )
                };
                eprintln!("  n {n:3} {name:13} pauroc {} aupro {} image {}", p(0), p(1), p(2));
            }
        }
    }
}
