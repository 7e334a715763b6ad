//! The CMA evolution strategy itself: one run, without boundaries. Hansen, "The CMA Evolution Strategy: A Tutorial",
//! arXiv 1604.00772; the numbers of equations below are the tutorial's.

use rand::{Rng, RngExt};

use super::eigen;

/// Weights and learning rates for a number of axes and a population (the tutorial's table 1, active variant).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CmaEsParameters {
    /// Number of points per generation, lambda.
    pub population: usize,
    /// Number of points that move the mean, mu.
    pub parents: usize,
    /// One weight per rank; the first `parents` are positive and sum to 1, the others are not positive.
    pub weights: Vec<f64>,
    /// Variance effective selection mass of the positive weights, mu_eff.
    pub mu_eff: f64,
    /// Learning rate of the path of the step size, c_sigma.
    pub c_sigma: f64,
    /// Damping of the step size, d_sigma.
    pub d_sigma: f64,
    /// Learning rate of the path of the covariance, c_c.
    pub c_c: f64,
    /// Learning rate of the rank-one update, c_1.
    pub c_1: f64,
    /// Learning rate of the rank-mu update, c_mu.
    pub c_mu: f64,
    /// Expected length of a standard normal vector.
    pub chi_n: f64,
}

impl CmaEsParameters {
    /// The tutorial's default population for `n` axes, 4 + floor(3 ln n) (equation 48).
    pub fn default_population(n: usize) -> usize {
        4 + (3.0 * (n.max(1) as f64).ln()).floor() as usize
    }

    /// The parameters for `n` axes and a population of at least 4 (a smaller one is raised).
    pub fn new(n: usize, population: usize) -> Self {
        let population = population.max(4);
        let parents = population / 2;
        let n = n as f64;

        // Equation 49.
        let raw: Vec<f64> = (1..=population)
            .map(|rank| ((population as f64 + 1.0) / 2.0).ln() - (rank as f64).ln())
            .collect();
        let (positive, negative) = raw.split_at(parents);
        let mass = |part: &[f64]| part.iter().sum::<f64>().powi(2) / part.iter().map(|w| w * w).sum::<f64>();
        let (mu_eff, mu_eff_negative) = (mass(positive), mass(negative));

        // Equations 55 to 58.
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let d_sigma = 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma;
        let c_c = (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n);
        let c_1 = 2.0 / ((n + 1.3).powi(2) + mu_eff);
        let c_mu = (2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((n + 2.0).powi(2) + mu_eff)).min(1.0 - c_1);

        // Equations 50 to 53. The third bound keeps the covariance positive definite.
        let bounds =
            [1.0 + c_1 / c_mu, 1.0 + 2.0 * mu_eff_negative / (mu_eff + 2.0), (1.0 - c_1 - c_mu) / (n * c_mu)];
        let negative_mass = bounds.into_iter().fold(f64::INFINITY, f64::min).max(0.0);
        let sum_positive: f64 = positive.iter().sum();
        let sum_negative: f64 = negative.iter().map(|w| -w.min(0.0)).sum();
        let weights = raw
            .iter()
            .map(|&w| if w >= 0.0 { w / sum_positive } else { w * negative_mass / sum_negative })
            .collect();

        let chi_n = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
        Self { population, parents, weights, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi_n }
    }
}

/// The state of one run over unbounded coordinates.
#[derive(Clone, Debug)]
pub(super) struct Cma {
    n: usize,
    parameters: CmaEsParameters,
    mean: Vec<f64>,
    sigma: f64,
    covariance: Vec<f64>,
    /// Eigenvectors of the covariance in columns.
    basis: Vec<f64>,
    /// Square roots of the covariance's eigenvalues.
    scales: Vec<f64>,
    path_sigma: Vec<f64>,
    path_c: Vec<f64>,
    generation: u32,
    /// The last weighted mean of y, then of z.
    step: Vec<f64>,
    work: Vec<f64>,
}

impl Cma {
    /// A run that starts at `mean` with the same standard deviation `sigma` on all axes.
    pub(super) fn new(mean: Vec<f64>, sigma: f64, parameters: CmaEsParameters) -> Self {
        let n = mean.len();
        let mut identity = vec![0.0; n * n];
        identity.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = 1.0);
        Self {
            n,
            parameters,
            mean,
            sigma,
            basis: identity.clone(),
            work: identity.clone(),
            covariance: identity,
            scales: vec![1.0; n],
            path_sigma: vec![0.0; n],
            path_c: vec![0.0; n],
            generation: 0,
            step: vec![0.0; 2 * n],
        }
    }

    pub(super) fn axes(&self) -> usize {
        self.n
    }

    pub(super) fn parameters(&self) -> &CmaEsParameters {
        &self.parameters
    }

    /// The largest standard deviation along an axis of the coordinates.
    pub(super) fn largest_step(&self) -> f64 {
        let variance = self.covariance.iter().step_by(self.n + 1).copied().fold(0.0, f64::max);
        self.sigma * variance.sqrt()
    }

    /// Makes the largest step at most `most`.
    pub(super) fn limit_step(&mut self, most: f64) {
        let largest = self.largest_step();
        if largest > most {
            self.sigma *= most / largest;
        }
    }

    /// Whether the distribution is too stretched, or has numbers that are none, to go on with.
    pub(super) fn is_degenerate(&self) -> bool {
        let (least, most) = self
            .scales
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(least, most), &s| (least.min(s), most.max(s)));
        let finite =
            self.sigma.is_finite() && self.mean.iter().chain(&self.scales).all(|value| value.is_finite());
        // The square root of pycma's limit of 1e14 for the condition of the covariance.
        !finite || most > 1e7 * least
    }

    /// One point of the present distribution, `x = mean + sigma y`, `y = B D z` (equations 38 to 40); all three are
    /// written, `yz` being y and then z.
    pub(super) fn sample(&self, rng: &mut impl Rng, x: &mut [f64], yz: &mut [f64]) {
        let (y, z) = yz.split_at_mut(self.n);
        for pair in z.chunks_mut(2) {
            let (first, second) = normal_pair(rng);
            pair[0] = first;
            if let Some(last) = pair.get_mut(1) {
                *last = second;
            }
        }
        let rows = self.basis.chunks_exact(self.n);
        for (((x, y), mean), row) in x.iter_mut().zip(y).zip(&self.mean).zip(rows) {
            *y = row.iter().zip(&self.scales).zip(&*z).map(|((b, d), z)| b * d * z).sum();
            *x = mean + self.sigma * *y;
        }
    }

    /// Learns from a whole generation (equations 41 to 47): the `yz` of its points one after the other, and their indices,
    /// the best first.
    pub(super) fn update(&mut self, yz: &[f64], ranked: &[usize]) {
        let n = self.n;
        let CmaEsParameters { parents, ref weights, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi_n, .. } =
            self.parameters;
        debug_assert_eq!(ranked.len(), weights.len());
        let candidate = |index: usize| yz[index * 2 * n..(index + 1) * 2 * n].split_at(n);

        // Weighted means of y and of z over the parents.
        let (step, white) = self.step.split_at_mut(n);
        step.fill(0.0);
        white.fill(0.0);
        for (&index, weight) in ranked[..parents].iter().zip(weights) {
            let (y, z) = candidate(index);
            for axis in 0..n {
                step[axis] += weight * y[axis];
                white[axis] += weight * z[axis];
            }
        }
        for (mean, step) in self.mean.iter_mut().zip(&*step) {
            *mean += self.sigma * step;
        }

        // C^(-1/2) y = B z.
        let rate = (c_sigma * (2.0 - c_sigma) * mu_eff).sqrt();
        for (path, row) in self.path_sigma.iter_mut().zip(self.basis.chunks_exact(n)) {
            let whitened: f64 = row.iter().zip(&*white).map(|(b, z)| b * z).sum();
            *path = (1.0 - c_sigma) * *path + rate * whitened;
        }
        let length = self.path_sigma.iter().map(|p| p * p).sum::<f64>().sqrt();
        self.generation += 1;
        // The exponent saturates long before i32 ends: (1 - c_sigma) is at most 0.9.
        let exponent = i32::try_from(2 * u64::from(self.generation)).unwrap_or(i32::MAX);
        let expected = (1.0 - (1.0 - c_sigma).powi(exponent)).sqrt();
        let moving = length / expected < (1.4 + 2.0 / (n as f64 + 1.0)) * chi_n;

        let rate = if moving { (c_c * (2.0 - c_c) * mu_eff).sqrt() } else { 0.0 };
        for (path, step) in self.path_c.iter_mut().zip(&*step) {
            *path = (1.0 - c_c) * *path + rate * step;
        }

        let lost = if moving { 0.0 } else { c_1 * c_c * (2.0 - c_c) };
        let kept = 1.0 + lost - c_1 - c_mu * weights.iter().sum::<f64>();
        for row in 0..n {
            for column in 0..=row {
                self.covariance[row * n + column] =
                    kept * self.covariance[row * n + column] + c_1 * self.path_c[row] * self.path_c[column];
            }
        }
        for (&index, &weight) in ranked.iter().zip(weights) {
            let (y, z) = candidate(index);
            let weight = if weight >= 0.0 {
                weight
            } else {
                // A long bad step must not make the covariance indefinite.
                weight * n as f64 / z.iter().map(|z| z * z).sum::<f64>().max(f64::MIN_POSITIVE)
            };
            for row in 0..n {
                let scaled = c_mu * weight * y[row];
                let entries = &mut self.covariance[row * n..=row * n + row];
                entries.iter_mut().zip(y).for_each(|(entry, y)| *entry += scaled * y);
            }
        }
        for row in 0..n {
            for column in 0..row {
                self.covariance[column * n + row] = self.covariance[row * n + column];
            }
        }

        self.sigma *= ((c_sigma / d_sigma) * (length / chi_n - 1.0)).min(1.0).exp();
        self.decompose();
    }

    fn decompose(&mut self) {
        self.work.copy_from_slice(&self.covariance);
        eigen::jacobi(&mut self.work, &mut self.basis, self.n);
        for (scale, value) in self.scales.iter_mut().zip(self.work.iter().step_by(self.n + 1)) {
            // Rounding can take a variance that is next to nothing below it; `is_degenerate` then ends the run.
            *scale = value.max(0.0).sqrt();
        }
    }
}

/// Two independent standard normal numbers (Box and Muller).
fn normal_pair(rng: &mut impl Rng) -> (f64, f64) {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let (sine, cosine) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
    (radius * cosine, radius * sine)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const EXPECTED: [f64; 14] = [
        2.2548150822016044,
        0.4149090010980616,
        1.4149090010980616,
        0.5588013228860189,
        0.09640963257927214,
        0.0695884692329107,
        1.5968775302586076,
        0.5856451065097651,
        0.29282255325488254,
        0.12153234023535246,
        0.0,
        -0.4241269418431741,
        -0.7706638857059224,
        -1.0636566969842556,
    ];

    /// Worked out from the tutorial's equations for n = 3, lambda = 7 apart from this code; the weights, c_c, c_1 and c_mu are also
    /// what pycma 4.5.0 has.
    #[test]
    fn parameters_for_three_axes() {
        let p = CmaEsParameters::new(3, CmaEsParameters::default_population(3));
        assert_eq!((p.population, p.parents), (7, 3));
        let values: Vec<f64> = [p.mu_eff, p.c_sigma, p.d_sigma, p.c_c, p.c_1, p.c_mu, p.chi_n]
            .into_iter()
            .chain(p.weights)
            .collect();
        assert_eq!(values.len(), EXPECTED.len());
        for (index, (value, expected)) in values.into_iter().zip(EXPECTED).enumerate() {
            assert!((value - expected).abs() < 1e-13, "{index}: {value} {expected}");
        }
    }

    #[test]
    fn populations_grow_with_the_axes() {
        let sizes: Vec<_> = [1, 2, 3, 5, 10].into_iter().map(CmaEsParameters::default_population).collect();
        assert_eq!(sizes, [4, 6, 7, 8, 10]);
    }

    #[test]
    fn samples_have_the_distribution() {
        let mut cma = Cma::new(vec![1.0, -2.0], 0.5, CmaEsParameters::new(2, 6));
        cma.covariance = vec![4.0, 1.2, 1.2, 1.0];
        cma.decompose();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let count = 40_000;
        let (mut mean, mut product) = ([0.0; 2], [0.0; 3]);
        for _ in 0..count {
            let (mut x, mut yz) = ([0.0; 2], [0.0; 4]);
            cma.sample(&mut rng, &mut x, &mut yz);
            let d = [x[0] - 1.0, x[1] + 2.0];
            mean[0] += d[0] / f64::from(count);
            mean[1] += d[1] / f64::from(count);
            for (sum, value) in product.iter_mut().zip([d[0] * d[0], d[0] * d[1], d[1] * d[1]]) {
                *sum += value / f64::from(count);
            }
        }
        assert!(mean[0].abs() < 0.02 && mean[1].abs() < 0.01, "{mean:?}");
        for (value, expected) in product.into_iter().zip([1.0, 0.3, 0.25]) {
            assert!((value / expected - 1.0).abs() < 0.04, "{product:?}");
        }
    }

    #[test]
    fn the_covariance_learns_a_stretched_bowl() {
        let mut cma = Cma::new(vec![1.0; 3], 0.5, CmaEsParameters::new(3, 7));
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let loss = |x: &[f64]| x[0].powi(2) + 1e2 * x[1].powi(2) + 1e4 * x[2].powi(2);
        for _ in 0..150 {
            let (mut x, mut yz) = ([[0.0; 3]; 7], [0.0; 7 * 6]);
            for (x, yz) in x.iter_mut().zip(yz.chunks_exact_mut(6)) {
                cma.sample(&mut rng, x, yz);
            }
            let mut ranked = [0, 1, 2, 3, 4, 5, 6];
            ranked.sort_by(|&a, &b| loss(&x[a]).total_cmp(&loss(&x[b])));
            cma.update(&yz, &ranked);
        }
        assert!(loss(&cma.mean) < 1e-12, "{}", loss(&cma.mean));
        let stretch = cma.covariance[0] / cma.covariance[8];
        assert!((1e3..1e5).contains(&stretch), "{stretch}");
        assert!(!cma.is_degenerate());
    }
}
