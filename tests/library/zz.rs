use askance::attack::{Choices, Chooser, KeptCandidate, Objective, Settings};
use askance::dataset::{self, Selection};
use askance::metric::MetricOptions;
use askance::model::Segmentation;
use askance::types::{Axis, Map, Mask, Perturbation, PooledMetric};
use ndarray::Array2;
use std::time::Instant;

fn rng(state: &mut u64) -> usize {
    *state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
    (*state >> 33) as usize
}

fn variants(what: &str, choices: &[Choices<'_>], size: usize, extra: Option<Vec<usize>>) -> Vec<usize> {
    let objective = Objective::new(&Settings::default(), size);
    let options = MetricOptions::default();
    let lowest = |m: fn(&KeptCandidate) -> f64| -> Vec<usize> {
        choices
            .iter()
            .map(|c| {
                (0..c.candidates.len())
                    .min_by(|&a, &b| m(&c.candidates[a]).total_cmp(&m(&c.candidates[b])))
                    .unwrap()
            })
            .collect()
    };
    let clean = vec![0; choices.len()];
    let loss = lowest(|k| k.loss);
    let auroc = lowest(|k| k.sample_auroc.unwrap_or(k.loss));
    let three = vec![loss.clone(), clean.clone(), auroc];
    let mut many = three.clone();
    many.extend(extra);
    let now = Instant::now();
    let chooser = Chooser::new(&objective, choices, &three, &options);
    eprintln!(
        "{what}: {} samples, {} candidates; summed up in {:?}",
        choices.len(),
        choices.iter().map(|c| c.candidates.len()).sum::<usize>(),
        now.elapsed()
    );
    for metric in PooledMetric::ALL {
        for (name, starts) in [("loss", vec![loss.clone()]), ("three", three.clone()), ("many", many.clone())]
        {
            let now = Instant::now();
            eprintln!("  from {name}");
            chooser.choose(metric, &starts).unwrap();
            eprintln!("    took {:?}", now.elapsed());
        }
    }
    chooser.choose(PooledMetric::PixelAuroc, &many).unwrap()
}

#[test]
#[ignore = "experiment"]
fn zz_real() {
    let run = std::env::var("ZZ_RUN").unwrap();
    let size = 192;
    let data = dataset::open(std::env::var("ZZ_DATA").unwrap(), &Selection::default()).unwrap();
    for category in &data.categories {
        let mut earlier: Option<Vec<KeptCandidate>> = None;
        for attack in ["saturation", "joint"] {
            let mut all: Vec<(String, Vec<KeptCandidate>, Mask)> = Vec::new();
            for sample in &category.samples {
                let path = format!("{run}/candidates/pocket/{}.{attack}.npy", sample.id);
                if !std::path::Path::new(&path).exists() {
                    continue;
                }
                let table: Array2<f64> = ndarray_npy::read_npy(&path).unwrap();
                let kept = table
                    .rows()
                    .into_iter()
                    .map(|row| {
                        let mut p = Perturbation::IDENTITY;
                        for (at, &axis) in Axis::ALL.iter().enumerate() {
                            p = p.with(axis, row[at]);
                        }
                        let n = Axis::ALL.len();
                        let height = row[n + 3] as usize;
                        let map: Vec<f32> = row.iter().skip(n + 4).map(|&v| v as f32).collect();
                        let width = map.len() / height;
                        KeptCandidate {
                            perturbation: p,
                            loss: row[n],
                            sample_auroc: Some(row[n + 1]).filter(|v| v.is_finite()),
                            segmentation: Segmentation {
                                map: Map::from_shape_vec((height, width), map).unwrap(),
                                image_score: row[n + 2] as f32,
                            },
                        }
                    })
                    .collect();
                let mask = dataset::load_mask(sample, size).unwrap().unwrap();
                all.push((sample.id.within_category(), kept, mask));
            }
            if all.len() < 4 {
                continue;
            }
            let extra: Option<Vec<usize>> = earlier.as_ref().map(|_| all.iter().map(|a| a.1.len()).collect());
            if let Some(earlier) = &earlier {
                all.iter_mut().zip(earlier).for_each(|(a, e)| a.1.push(e.clone()));
            }
            let choices: Vec<Choices<'_>> =
                all.iter().map(|(name, candidates, mask)| Choices { name, candidates, mask }).collect();
            let chosen =
                variants(&format!("{category} {attack}", category = category.name), &choices, size, extra);
            earlier = Some(choices.iter().zip(chosen).map(|(c, at)| c.candidates[at].clone()).collect());
        }
    }
}

#[test]
#[ignore = "experiment"]
fn zz_time() {
    let size = 240;
    let mut state = 5;
    let mut map =
        |lift: f32| Map::from_shape_fn((15, 15), |_| lift + (rng(&mut state) % 100_000) as f32 / 1e5);
    let all: Vec<(String, Vec<KeptCandidate>, Mask)> = (0..60)
        .map(|number: usize| {
            let kept = (0..33)
                .map(|at: usize| KeptCandidate {
                    perturbation: Perturbation::IDENTITY.with(Axis::Angle, 5.0 * at as f64),
                    loss: at as f64,
                    sample_auroc: Some(1.0 / (at + 1) as f64),
                    segmentation: Segmentation { map: map((number % 7) as f32 * 0.1), image_score: 0.0 },
                })
                .collect();
            let (top, left) = (3 * number, 200 - 3 * number);
            let mask = Mask::from_shape_fn((size, size), |(y, x)| {
                number % 3 > 0 && (top..top + 30).contains(&y) && (left..left + 30).contains(&x)
            });
            (format!("{number:03}"), kept, mask)
        })
        .collect();
    let choices: Vec<Choices<'_>> =
        all.iter().map(|(name, candidates, mask)| Choices { name, candidates, mask }).collect();
    variants("made", &choices, size, None);
}
