//! The channels of a picture.

/// The three planes of a contiguous picture.
pub(super) fn planes_mut(picture: &mut [f32]) -> [&mut [f32]; 3] {
    let (red, rest) = picture.split_at_mut(picture.len() / 3);
    let (green, blue) = rest.split_at_mut(rest.len() / 2);
    [red, green, blue]
}
