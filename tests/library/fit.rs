//! Pictures that are not square, through the evaluator: what the model is shown, and what becomes of its answers.

use askance::attack::{Candidate, Evaluation, Evaluator, Objective, Settings};
use askance::model::{Fake, Segmentation, Segmenter};
use askance::perturb::{self, Perturber, Resampling, Rotation, upsample};
use askance::types::{Axis, Blend, Detail, Fit, Fitting, Image, Map, Mask, Perturbation, Piece, TileScore};
use ndarray::{Axis as Direction, s};

const SIDE: usize = 24;
const GRID: (usize, usize) = (4, 4);

/// Stripes of red on grey, wider than high or higher than wide.
fn picture(height: usize, width: usize) -> (Image, Mask) {
    let image = Image::from_shape_fn((3, height, width), |(c, y, x)| {
        let red = (0.3 * x as f32).sin() * (0.17 * y as f32 + 0.4).cos();
        if c == 0 { 0.5 + 0.4 * red } else { 0.35 }
    });
    let mask = Mask::from_shape_fn((height, width), |(y, x)| y < height / 3 && x > 2 * width / 3);
    (image, mask)
}

fn evaluate(
    fitting: Fitting,
    image: &Image,
    mask: &Mask,
    p: Perturbation,
    batch: usize,
) -> (Evaluation, Map) {
    let settings = Settings { fit: fitting, ..Settings::default() };
    let mut fake = Fake::new(SIDE, GRID);
    let objective = Objective::new(&settings, SIDE);
    let mut evaluator = Evaluator::new(&mut fake, objective, batch);
    let candidate = Candidate {
        image,
        mask: Some(mask),
        clean: None,
        sample: None,
        category: "part",
        perturbation: p,
        detail: Detail::Full,
    };
    let found =
        evaluator.evaluate(&[candidate, Candidate { perturbation: Perturbation::IDENTITY, ..candidate }]);
    let evaluation = found.unwrap().remove(0);
    let scored = evaluator.objective().scored(evaluation.segmentation.map.view(), mask, &p);
    (evaluation, scored.map)
}

/// The answer to a piece of a canvas, cut out by hand.
fn answer(canvas: &Image, top: usize, left: usize) -> Segmentation {
    let piece = canvas.slice(s![.., top..top + SIDE, left..left + SIDE]);
    let images = piece.insert_axis(Direction(0));
    Fake::new(SIDE, GRID).segment(images.view(), &["part"]).unwrap().remove(0)
}

#[test]
fn tiles_are_those_that_one_cuts_by_hand_and_their_mean_is_the_map() {
    let (image, mask) = picture(SIDE, 40);
    let fitting = Fitting::of(Fit::Tile);
    let hued = Perturbation::of([(Axis::Hue, 0.6), (Axis::Blur, 0.8)]);
    for p in [Perturbation::IDENTITY, hued] {
        let (found, map) = evaluate(fitting, &image, &mask, p, 8);
        let mut canvas = Image::zeros(image.dim());
        Perturber::new(Resampling::default(), SIDE).apply(image.view(), p, canvas.view_mut());
        let tiles = [answer(&canvas, 0, 0), answer(&canvas, 0, 16)];
        let mean = (tiles[0].image_score + tiles[1].image_score) / 2.0;
        assert!((found.segmentation.image_score - mean).abs() < 1e-6);
        let [first, second] = tiles.map(|tile| upsample(tile.map.view(), (SIDE, SIDE)));
        let by_hand = Map::from_shape_fn((SIDE, 40), |(y, x)| match x {
            0..16 => first[[y, x]],
            16..24 => (first[[y, x]] + second[[y, x - 16]]) / 2.0,
            _ => second[[y, x - 16]],
        });
        let apart = (&map - &by_hand).iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(apart < 1e-6, "{apart}");
    }
}

#[test]
fn the_batch_does_not_matter_and_the_highest_score_may_stand_for_all() {
    let (image, mask) = picture(100, SIDE);
    let tile = Fitting { tile_blend: Blend::Hann, ..Fitting::of(Fit::Tile) };
    let p = Perturbation::of([(Axis::Angle, 25.0), (Axis::TranslateY, 0.1)]);
    let (one, map) = evaluate(tile, &image, &mask, p, 1);
    for batch in [2, 3, 64] {
        let (other, other_map) = evaluate(tile, &image, &mask, p, batch);
        assert_eq!((&one.segmentation, one.loss, &map), (&other.segmentation, other.loss, &other_map));
    }
    let pieces = tile.pieces((100, SIDE), SIDE).len();
    assert_eq!(one.segmentation.map.dim(), (pieces * GRID.0, GRID.1));
    let highest = evaluate(Fitting { tile_score: TileScore::Max, ..tile }, &image, &mask, p, 8).0;
    let most = one.segmentation.map.iter().copied().fold(0.0, f32::max);
    assert_eq!(highest.segmentation.image_score, most, "a score of Fake is the highest value of its map");
    assert!(one.segmentation.image_score < most);
}

#[test]
fn a_padded_picture_counts_alone() {
    let (image, mask) = picture(12, SIDE);
    let pad = Fitting::of(Fit::Pad);
    let (found, map) = evaluate(pad, &image, &mask, Perturbation::IDENTITY, 4);
    assert_eq!((found.segmentation.map.dim(), map.dim()), (GRID, (12, SIDE)));
    let mut square = Image::zeros((3, SIDE, SIDE));
    perturb::cut(image.view(), Piece { top: -6, left: 0 }, square.view_mut());
    let whole = upsample(answer(&square, 0, 0).map.view(), (SIDE, SIDE));
    assert_eq!(map, whole.slice(s![6..18, ..]));
}

#[test]
fn a_square_picture_is_what_it_was_in_every_way() {
    let (image, mask) = picture(SIDE, SIDE);
    let p = Perturbation::of([(Axis::Angle, -40.0), (Axis::Hue, 1.0)]);
    let squeezed = evaluate(Fitting::default(), &image, &mask, p, 4);
    for fit in [Fit::Pad, Fit::Tile] {
        let (found, map) = evaluate(Fitting::of(fit), &image, &mask, p, 4);
        assert_eq!((&found.segmentation, found.loss), (&squeezed.0.segmentation, squeezed.0.loss), "{fit}");
        assert_eq!(map, squeezed.1, "{fit}");
    }
}

#[test]
fn a_canvas_turns_as_a_whole_by_either_interpolation() {
    let (image, _) = picture(SIDE, 60);
    let p = Perturbation::IDENTITY.with(Axis::Angle, 30.0);
    let turned = |rotation| {
        let mut out = Image::zeros(image.dim());
        let resampling = Resampling { rotation, ..Resampling::default() };
        Perturber::new(resampling, SIDE).apply(image.view(), p, out.view_mut());
        out
    };
    let (bilinear, three_pass) = (turned(Rotation::Bilinear), turned(Rotation::ThreePass));
    let middle = s![.., 6..18, 15..45];
    let apart = (&bilinear.slice(middle) - &three_pass.slice(middle)).mapv(f32::abs).mean().unwrap();
    let moved = (&bilinear.slice(middle) - &image.slice(middle)).mapv(f32::abs).mean().unwrap();
    // Their centres differ by half a pixel.
    assert!(apart < 0.4 * moved && moved > 0.02, "{apart} {moved}");
}
