//! Eigen-decomposition of small symmetric matrices.

/// Most sweeps; convergence is quadratic and takes fewer than ten for any matrix of a size that is met here.
const MOST_SWEEPS: usize = 40;

/// Decomposes the symmetric `matrix` (n x n, row-major) by cyclic Jacobi rotations (Golub and Van Loan, section 8.5). On
/// return `vectors` (n x n, row-major) has the eigenvectors in its columns, and the eigenvalues, in no order, are
/// on the diagonal of `matrix`.
pub(super) fn jacobi(matrix: &mut [f64], vectors: &mut [f64], n: usize) {
    for row in 0..n {
        for column in 0..n {
            vectors[row * n + column] = if row == column { 1.0 } else { 0.0 };
        }
    }
    for _ in 0..MOST_SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = matrix[p * n + q];
                let (a, b) = (matrix[p * n + p], matrix[q * n + q]);
                if off.abs() <= f64::EPSILON * (a.abs() * b.abs()).sqrt() {
                    matrix[p * n + q] = 0.0;
                    matrix[q * n + p] = 0.0;
                    continue;
                }
                rotated = true;
                rotate(matrix, vectors, n, p, q);
            }
        }
        if !rotated {
            return;
        }
    }
}

/// The rotation in the plane (p, q) that makes element (p, q) zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let off = matrix[p * n + q];
    let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    matrix[p * n + p] -= t * off;
    matrix[q * n + q] += t * off;
    matrix[p * n + q] = 0.0;
    matrix[q * n + p] = 0.0;
    for k in 0..n {
        if k != p && k != q {
            let (x, y) = (matrix[k * n + p], matrix[k * n + q]);
            let (x, y) = (c * x - s * y, s * x + c * y);
            matrix[k * n + p] = x;
            matrix[p * n + k] = x;
            matrix[k * n + q] = y;
            matrix[q * n + k] = y;
        }
        let (x, y) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = c * x - s * y;
        vectors[k * n + q] = s * x + c * y;
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_known_matrix_has_its_known_values() {
        let mut matrix = [2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0];
        let mut vectors = [0.0; 9];
        jacobi(&mut matrix, &mut vectors, 3);
        let mut values = [matrix[0], matrix[4], matrix[8]];
        values.sort_by(f64::total_cmp);
        for (value, expected) in values.into_iter().zip([1.0, 3.0, 5.0]) {
            assert!((value - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn vectors_are_orthonormal_and_give_the_matrix_back() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for n in 1..=10 {
            // Scales of very different size, as a stretched covariance has.
            let scale: Vec<f64> = (0..n).map(|i| 10f64.powi(-(i as i32))).collect();
            let mut matrix = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..=i {
                    let value = scale[i] * scale[j] * if i == j { 2.0 } else { rng.random_range(-0.2..0.2) };
                    matrix[i * n + j] = value;
                    matrix[j * n + i] = value;
                }
            }
            let (mut values, mut vectors) = (matrix.clone(), vec![0.0; n * n]);
            jacobi(&mut values, &mut vectors, n);
            for i in 0..n {
                for j in 0..n {
                    let back: f64 =
                        (0..n).map(|k| vectors[i * n + k] * values[k * n + k] * vectors[j * n + k]).sum();
                    let dot: f64 = (0..n).map(|k| vectors[k * n + i] * vectors[k * n + j]).sum();
                    assert!((back - matrix[i * n + j]).abs() < 1e-13, "n {n}: {i} {j}");
                    assert!((dot - if i == j { 1.0 } else { 0.0 }).abs() < 1e-13, "n {n}: {i} {j}");
                }
            }
        }
    }
}
