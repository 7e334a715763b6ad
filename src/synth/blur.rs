//! Separable blurs of planes; edges repeat.

/// Gaussian blur of deviation `sigma` pixels on a plane of the given width.
pub(super) fn gaussian(data: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    let radius = reach(sigma);
    if radius == 0 {
        return data.to_vec();
    }
    let mut kernel: Vec<f32> =
        (0..=2 * radius).map(|i| (-((i as f32 - radius as f32) / sigma).powi(2) / 2.0).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    both_ways(data, width, |line| {
        let padded = padded(line, radius);
        let mut out = vec![0.0; line.len()];
        for (k, weight) in kernel.iter().enumerate() {
            for (sum, value) in out.iter_mut().zip(&padded[k..]) {
                *sum += weight * value;
            }
        }
        out
    })
}

/// How far [`gaussian`] reaches, in pixels.
pub(super) fn reach(sigma: f32) -> usize {
    if sigma < 0.15 { 0 } else { (3.0 * sigma).ceil() as usize }
}

/// Blur by two box passes, for wide and soft blurs of about `sigma` pixels.
pub(super) fn boxes(data: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    let radius = ((1.22 * sigma).round() as usize).max(1);
    both_ways(data, width, |line| {
        let mut current = line.to_vec();
        for _ in 0..2 {
            let padded = padded(&current, radius + 1);
            let mut sum: f32 = padded[1..2 * radius + 2].iter().sum();
            for (i, out) in current.iter_mut().enumerate() {
                *out = sum / (2 * radius + 1) as f32;
                sum += padded[i + 2 * radius + 2] - padded[i + 1];
            }
        }
        current
    })
}

fn padded(line: &[f32], by: usize) -> Vec<f32> {
    let (first, last) = (line[0], line[line.len() - 1]);
    let mut out = vec![first; by];
    out.extend_from_slice(line);
    out.resize(line.len() + 2 * by, last);
    out
}

/// Applies a filter to rows, then to columns.
fn both_ways(data: &[f32], width: usize, filter: impl Fn(&[f32]) -> Vec<f32>) -> Vec<f32> {
    let turn = |data: &[f32], width: usize| {
        let height = data.len() / width;
        let mut out = vec![0.0; data.len()];
        for (row, line) in data.chunks(width).enumerate() {
            for (column, value) in filter(line).into_iter().enumerate() {
                out[column * height + row] = value;
            }
        }
        out
    };
    let turned = turn(data, width);
    turn(&turned, data.len() / width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_neither_gained_nor_lost() {
        let flat = vec![0.7; 12 * 9];
        for blurred in [gaussian(&flat, 12, 1.3), boxes(&flat, 12, 2.0)] {
            assert!(blurred.iter().all(|v| (v - 0.7).abs() < 1e-5));
        }
        let mut point = vec![0.0; 41 * 41];
        point[20 * 41 + 20] = 1.0;
        for blurred in [gaussian(&point, 41, 2.0), boxes(&point, 41, 2.0)] {
            assert!((blurred.iter().sum::<f32>() - 1.0).abs() < 1e-4);
            let spread: f32 =
                blurred.iter().enumerate().map(|(i, v)| v * ((i % 41) as f32 - 20.0).powi(2)).sum();
            assert!((spread.sqrt() - 2.0).abs() < 0.3, "{}", spread.sqrt());
            assert_eq!(blurred[20 * 41 + 17], blurred[17 * 41 + 20], "rows and columns are treated alike");
        }
    }
}
