//! The side of the square pictures that a model takes.

/// Most pixels of a picture; larger ones are refused before there is memory for them.
pub const MAX_PIXELS: u64 = 64 * 1024 * 1024;

/// What is wrong with the side in pixels of a model's square pictures, to be put after its name: 0, or more pixels than
/// [`MAX_PIXELS`].
pub fn senseless_side(side: usize) -> Option<String> {
    let most = MAX_PIXELS.isqrt();
    match side as u64 {
        0 => Some("is 0".to_owned()),
        side if side > most => Some(format!("is {side}, more than {most} pixels")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_from_one_pixel_to_that_of_the_largest_picture() {
        assert_eq!([1, 224, 8192].map(senseless_side), [None, None, None]);
        assert_eq!(senseless_side(0).unwrap(), "is 0");
        for side in [8193, 4_000_000_000, usize::MAX] {
            assert_eq!(senseless_side(side).unwrap(), format!("is {side}, more than 8192 pixels"));
        }
    }
}
