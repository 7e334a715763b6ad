//! A model with a defence around it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ndarray::{ArrayView4, Axis};

use super::colour;
use super::kind::Defence;
use super::rotate::{Turns, segment};
use crate::error::{Error, Result};
use crate::model::{Provenance, Segmentation, Segmenter};
use crate::types::{Detail, Fitting};

/// A model that several defended models share, so that it is loaded once.
type SharedSegmenter = Arc<Mutex<Box<dyn Segmenter>>>;

/// A model with a defence around it.
///
/// A picture is corrected in its colours first (grey-world, then desaturate), then segmented in each of its turns; maps are turned
/// back and averaged, image scores averaged.
struct Defended {
    inner: SharedSegmenter,
    defence: Defence,
    name: String,
    size: usize,
    grid: (usize, usize),
    is_bounded: bool,
    turns: Turns,
}

impl Defended {
    /// Puts a defence around a model. The defended model's name is `MODEL+DEFENCE`, or the model's own without a defence.
    ///
    /// # Errors
    /// A usage error where maps cannot be turned back because they are not square.
    fn new(inner: SharedSegmenter, defence: Defence) -> Result<Self> {
        let (name, size, grid, is_bounded) = {
            let inner = lock(&inner);
            (inner.name().to_owned(), inner.input_size(), inner.grid(), inner.is_bounded())
        };
        if defence.turns() > 1 && grid.0 != grid.1 {
            return Err(Error::setting(
                "defence",
                defence,
                format!("cannot turn the maps of {name} back: they have {} x {} cells", grid.0, grid.1),
                "use it with models of square maps, or leave rotate out",
            ));
        }
        let name = if defence.is_none() { name } else { format!("{name}+{defence}") };
        let turns = Turns::new(defence.turns(), size);
        Ok(Self { inner, defence, name, size, grid, is_bounded, turns })
    }

    fn answers(
        &self,
        images: ArrayView4<f32>,
        categories: &[&str],
        detail: Detail,
    ) -> Result<Vec<Segmentation>> {
        let mut inner = lock(&self.inner);
        if self.defence.is_none() {
            return segment(inner.as_mut(), images, categories, detail);
        }
        let mut corrected = images.to_owned();
        for mut image in corrected.axis_iter_mut(Axis(0)) {
            if self.defence.grey_world {
                colour::grey_world(&mut image);
            }
            if self.defence.desaturate {
                colour::desaturate(&mut image);
            }
        }
        self.turns.segment(inner.as_mut(), corrected.view(), categories, detail)
    }
}

/// Puts every defence around every model; without defences the models stay as they are. A model is loaded once, whatever is put
/// around it.
///
/// # Errors
/// The errors of `Defended::new`; a usage error for a defence that is given twice.
pub fn defend(models: Vec<Box<dyn Segmenter>>, defences: &[Defence]) -> Result<Vec<Box<dyn Segmenter>>> {
    if let Some(twice) = (1..defences.len()).find(|&at| defences[..at].contains(&defences[at])) {
        return Err(Error::setting("defence", defences[twice], "is given twice", "give each once"));
    }
    if defences.iter().all(|defence| defence.is_none()) {
        return Ok(models);
    }
    let mut defended: Vec<Box<dyn Segmenter>> = Vec::with_capacity(models.len() * defences.len());
    for model in models {
        let shared: SharedSegmenter = Arc::new(Mutex::new(model));
        for &defence in defences {
            defended.push(Box::new(Defended::new(shared.clone(), defence)?));
        }
    }
    Ok(defended)
}

/// Locks a model, also after a panic in a model call, which leaves the model as it was.
fn lock(inner: &SharedSegmenter) -> MutexGuard<'_, Box<dyn Segmenter>> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Segmenter for Defended {
    fn name(&self) -> &str {
        &self.name
    }

    fn input_size(&self) -> usize {
        self.size
    }

    fn grid(&self) -> (usize, usize) {
        self.grid
    }

    fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    fn is_score_bounded(&self) -> bool {
        lock(&self.inner).is_score_bounded()
    }

    fn fit(&self) -> Option<Fitting> {
        lock(&self.inner).fit()
    }

    fn views(&self) -> usize {
        self.defence.turns() * lock(&self.inner).views()
    }

    fn prepare(&mut self, categories: &[&str]) -> Result<()> {
        lock(&self.inner).prepare(categories)
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.answers(images, categories, Detail::Full)
    }

    fn coarse_cost(&self) -> f64 {
        lock(&self.inner).coarse_cost()
    }

    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.answers(images, categories, Detail::Coarse)
    }

    fn is_one_by_one(&self) -> bool {
        lock(&self.inner).is_one_by_one()
    }

    fn remarks(&self) -> Vec<String> {
        lock(&self.inner).remarks()
    }

    fn provenance(&self) -> Provenance {
        let mut provenance = lock(&self.inner).provenance();
        provenance.model.clone_from(&self.name);
        if !self.defence.is_none() {
            provenance.defence = self.defence.to_string();
        }
        provenance
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, s};

    use super::*;
    use crate::model::Fake;
    use crate::types::Map;

    const SIZE: usize = 24;
    const GRID: (usize, usize) = (6, 6);

    fn defended(text: &str) -> Defended {
        let fake: Box<dyn Segmenter> = Box::new(Fake::new(SIZE, GRID));
        Defended::new(Arc::new(Mutex::new(fake)), text.parse().unwrap()).unwrap()
    }

    /// Two pictures without any symmetry.
    fn pictures() -> Array4<f32> {
        Array4::from_shape_fn((2, 3, SIZE, SIZE), |(number, channel, y, x)| {
            let place = 7 * y + 3 * x + 11 * number;
            let red = if channel == 0 { 0.4 + 0.02 * y as f32 } else { 0.3 };
            (red + (place % 5) as f32 * 0.02).min(1.0)
        })
    }

    fn answers(text: &str, images: &Array4<f32>) -> Vec<Segmentation> {
        defended(text).segment(images.view(), &["a", "b"]).unwrap()
    }

    fn distance(a: &Map, b: &Map) -> f32 {
        (a - b).iter().fold(0.0, |largest, difference| difference.abs().max(largest))
    }

    #[test]
    fn one_turn_and_none_are_the_model_itself_bit_for_bit() {
        let images = pictures();
        let plain = Fake::new(SIZE, GRID).segment(images.view(), &["a", "b"]).unwrap();
        assert_eq!(answers("none", &images), plain);
        assert_eq!(answers("rotate:1", &images), plain);
    }

    #[test]
    fn a_model_that_turns_with_its_picture_is_not_changed_by_turns() {
        let images = pictures();
        for (number, plain) in answers("none", &images).iter().enumerate() {
            for turns in ["rotate:2", "rotate:4"] {
                let turned = &answers(turns, &images)[number];
                assert!(distance(&turned.map, &plain.map) < 1e-6, "{turns}");
                assert!((turned.image_score - plain.image_score).abs() < 1e-6, "{turns}");
            }
        }
    }

    #[test]
    fn maps_of_oblique_turns_come_back_in_the_right_direction() {
        // One red cell off the centre; turned the wrong way back, it would be smeared over a ring.
        let mut images = Array4::from_elem((2, 3, SIZE, SIZE), 0.2);
        images.slice_mut(s![.., 0, 8..12, 16..20]).fill(0.9);
        let map = &answers("rotate:12", &images)[0].map;
        let highest = map.iter().copied().fold(0.0, f32::max);
        assert_eq!(map[[2, 4]], highest);
        assert!(map[[2, 4]] > 2.5 * map[[4, 2]].max(map[[3, 4]]).max(map[[2, 1]]), "{map}");
    }

    #[test]
    fn names_costs_and_records_tell_the_defence() {
        let model = defended("rotate:4,grey-world");
        assert_eq!((model.name(), model.views()), ("fake+grey-world+rotate:4", 4));
        let provenance = model.provenance();
        assert_eq!(
            (provenance.model.as_str(), provenance.defence.as_str()),
            (model.name(), "grey-world+rotate:4")
        );
        let plain = defended("none");
        assert_eq!((plain.name(), plain.views(), plain.provenance().defence.as_str()), ("fake", 1, ""));
    }

    #[test]
    fn the_model_really_sees_what_the_cost_says() {
        let fake: SharedSegmenter = Arc::new(Mutex::new(Box::new(Counting(Fake::new(SIZE, GRID), 0))));
        let mut model = Defended::new(fake.clone(), "rotate:3,desaturate".parse().unwrap()).unwrap();
        model.segment(pictures().view(), &["a", "b"]).unwrap();
        assert_eq!(lock(&fake).name(), "6");
        assert_eq!(2 * model.views(), 6);
    }

    /// Its name is the number of pictures that it has seen.
    struct Counting(Fake, usize);

    impl Segmenter for Counting {
        fn name(&self) -> &str {
            ["0", "1", "2", "3", "4", "5", "6", "7"][self.1]
        }

        fn input_size(&self) -> usize {
            self.0.input_size()
        }

        fn grid(&self) -> (usize, usize) {
            self.0.grid()
        }

        fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
            self.1 += images.dim().0;
            self.0.segment(images, categories)
        }

        fn provenance(&self) -> Provenance {
            self.0.provenance()
        }
    }

    #[test]
    fn maps_that_are_not_square_cannot_be_turned_back() {
        let oblong = || -> SharedSegmenter { Arc::new(Mutex::new(Box::new(Fake::new(SIZE, (4, 6))))) };
        let refused = Defended::new(oblong(), "rotate:4".parse().unwrap()).err().unwrap();
        assert!(refused.problem.contains("4 x 6"), "{refused}");
        assert!(Defended::new(oblong(), "desaturate".parse().unwrap()).is_ok());
    }
}
