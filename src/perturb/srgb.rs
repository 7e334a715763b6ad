//! The transfer curve of sRGB (IEC 61966-2-1), as `kornia.color.rgb_to_linear_rgb` and `linear_rgb_to_rgb`.

/// Linear light of an sRGB value.
pub(super) fn decoded(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// sRGB value of linear light, which is not above 1.
pub(super) fn encoded(light: f32) -> f32 {
    if light <= 0.003_130_8 { 12.92 * light } else { (1.055 * light.powf(1.0 / 2.4) - 0.055).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_undoes_decoding() {
        for level in 0_u16..=1000 {
            let value = f32::from(level) / 1000.0;
            assert!((encoded(decoded(value)) - value).abs() < 1e-6, "{value}");
        }
    }
}
