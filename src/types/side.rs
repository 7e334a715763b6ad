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

/// How often the pixels of a model call are in memory at once, at least: as samples, as the batch, as the tensor of it, and inside
/// ONNX Runtime.
const COPIES: usize = 4;

/// Whether memory can be had for a call with so many pictures of that height and width. An allocation that fails later ends the program.
pub(crate) fn has_room(pictures: usize, (height, width): (usize, usize)) -> bool {
    let factors = [3, COPIES, pictures, height, width];
    let numbers = factors.into_iter().try_fold(1, |all: usize, factor| all.checked_mul(factor));
    let mut room: Vec<f32> = Vec::new();
    let had = numbers.is_some_and(|numbers| room.try_reserve_exact(numbers).is_ok());
    // A reservation that nobody looks at is none after optimisation.
    std::hint::black_box(&room);
    had
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_asked_for_before_it_is_used() {
        assert!(has_room(8, (240, 240)) && has_room(1, (192, 60_000)));
        assert!(!has_room(1 << 16, (1 << 13, 1 << 13)), "more than an address space");
        assert!(!has_room(usize::MAX, (2, 1)));
    }

    #[test]
    fn a_side_is_from_one_pixel_to_that_of_the_largest_picture() {
        assert_eq!([1, 224, 8192].map(senseless_side), [None, None, None]);
        assert_eq!(senseless_side(0).unwrap(), "is 0");
        for side in [8193, 4_000_000_000, usize::MAX] {
            assert_eq!(senseless_side(side).unwrap(), format!("is {side}, more than 8192 pixels"));
        }
    }
}
