//! What is unusual about a plan and about what came out of it.

use std::collections::BTreeSet;

use super::checked::Checked;
use super::data::Data;
use crate::attack::Preset;
use crate::dataset::{self, Category, Official};
use crate::record::SummaryRow;
use crate::report::{at_the_camera, camera_scale};
use crate::stats;
use crate::types::{Attack, Axis, Fit, Fitting, Interval, Over};

/// What is unusual about what the plan does with these data.
pub(super) fn of_plan(checked: &Checked, data: &Data) -> Vec<&'static str> {
    let (plan, settings) = (&checked.plan, checked.settings());
    let other_limit = plan.metric_options().fpr_limit != 0.05;
    let attacks = settings.attacks.iter().any(|&attack| attack != Attack::Clean);
    let warnings = [
        (
            data.dataset().official == Some(Official::MvtecAd2) && data.has_masks() && other_limit,
            "MVTec AD 2 is evaluated up to a false positive rate of 0.05: give `fpr_limit = 0.05`",
        ),
        (
            attacks && settings.budget == 1,
            "`budget = 1`: nothing is searched; only the unchanged picture is evaluated, so every worst case is the clean one",
        ),
        (
            attacks && plan.uniform.as_ref().is_some_and(|uniform| uniform.budget == 1),
            "`uniform_budget = 1`: nothing is searched; only the unchanged pictures are evaluated",
        ),
    ];
    warnings.into_iter().filter(|(there, _)| *there).map(|(_, warning)| warning).collect()
}

/// All axes that are attacked, swept or scanned.
fn used_axes(checked: &Checked) -> Vec<Axis> {
    let (plan, settings) = (&checked.plan, checked.settings());
    let swept = plan.sweep.iter().flat_map(|sweep| &sweep.axes);
    let scanned = plan.tolerance.iter().flatten();
    let attacked = settings.attacks.iter().flat_map(|&attack| settings.axes_of(attack));
    stats::distinct(swept.chain(scanned).chain(attacked).copied())
}

/// What bounds in pixels of a model's input of `side` pixels are in pixels of the camera, for each category whose first picture is scaled
/// down; and the noise of a pixel of the camera that leaves so much, where it is independent from pixel to pixel.
pub(super) fn camera_pixels(checked: &Checked, data: &Data, side: usize) -> Vec<String> {
    let settings = checked.settings();
    let axes = used_axes(checked);
    let told = data.dataset().categories.iter().filter_map(|category| {
        let first = category.samples.first()?;
        let picture = dataset::inspect(first).ok()?.size;
        let scale @ (down, across) = camera_scale(picture, settings.input(side).canvas(picture)?)?;
        let bounds = axes.iter().filter_map(|&axis| at_the_camera(axis, farthest(settings.bounds.get(axis)), scale));
        let bounds: Vec<String> = bounds.collect();
        (!bounds.is_empty()).then(|| {
            format!(
                "{}: a pixel of the model's input at {side} is {across:.1} x {down:.1} of the camera's (width x height): {}",
                category.name,
                bounds.join(", ")
            )
        })
    });
    told.collect()
}

/// That the paper's tiles are not these, where its preset makes tiles of pictures.
pub(super) fn tiles_of_the_paper(
    checked: &Checked,
    data: &Data,
    (sizes, fitting): (&BTreeSet<usize>, Fitting),
) -> Option<String> {
    let makes_tiles = checked.plan.preset == Some(Preset::Paper)
        && fitting.fit == Fit::Tile
        && data.pieces(fitting, sizes) > data.samples().count() * sizes.len();
    makes_tiles.then(|| {
        let Fitting { tile_size, tile_overlap, tile_blend, tile_score, .. } = fitting;
        let side = match tile_size {
            Some(size) => format!("squares of {size} pixels"),
            None => "squares of the shorter side".to_owned(),
        };
        format!(
            "`preset = paper`: how arXiv 2405.07969 cuts pictures that are not square is not published, so its numbers there cannot be \
             repeated exactly; here they become {side} that overlap by {tile_overlap} of a side at least, with maps joined by \
             `tile_blend = {tile_blend}` and scores by `tile_score = {tile_score}`"
        )
    })
}

/// The end of an interval that is farther from 0.
fn farthest(Interval { low, high }: Interval) -> f64 {
    if -low > high { low } else { high }
}

/// Pictures of a category that are looked at for colour: the first, the last, and one between.
const LOOKED_AT: usize = 3;

/// What is unusual about a change of colours where pictures have none.
pub(super) fn colourless(checked: &Checked, data: &Data) -> Option<String> {
    let used = used_axes(checked);
    let effects = [
        (Axis::Hue, "hue changes nothing in them"),
        (Axis::Saturation, "a higher saturation turns them red, which no light does"),
    ];
    let effects: Vec<&str> =
        effects.into_iter().filter(|(axis, _)| used.contains(axis)).map(|(_, effect)| effect).collect();
    if effects.is_empty() {
        return None;
    }
    let grey: Vec<&str> = data
        .dataset()
        .categories
        .iter()
        .filter(|category| is_grey(category))
        .map(|category| category.name.as_str())
        .collect();
    (!grey.is_empty()).then(|| {
        format!(
            "the pictures of {} are grey: {}; give other `axes`, such as exposure",
            grey.join(", "),
            effects.join(", and ")
        )
    })
}

/// Whether all pictures that are looked at are grey. What cannot be read is passed over: the run will say so.
fn is_grey(category: &Category) -> bool {
    let last = category.samples.len().saturating_sub(1);
    let mut places: Vec<usize> = (0..LOOKED_AT).map(|part| part * last / (LOOKED_AT - 1)).collect();
    places.dedup();
    let mut looked =
        places.iter().filter_map(|&place| dataset::is_grey(category.samples.get(place)?).ok()).peekable();
    looked.peek().is_some() && looked.all(|grey| grey)
}

/// A clean pAUROC, mean over the categories, below this is worse than chance would explain.
const UPSIDE_DOWN: f64 = 0.3;

/// What a model makes one think of whose maps are high where the pictures are normal.
pub(super) fn upside_down(model: &str, summary: &[SummaryRow]) -> Option<String> {
    let clean: Vec<f64> = summary
        .iter()
        .filter(|row| {
            row.model == model && row.attack == Attack::Clean && matches!(row.over, Over::Category(_))
        })
        .filter_map(|row| row.metrics.pixel_auroc)
        .collect();
    stats::mean(&clean).filter(|&mean| mean < UPSIDE_DOWN).map(|mean| {
        format!(
            "the clean pAUROC of {model} is {mean:.2}, far below one half: its maps seem to be high where the pictures are normal; a \
             foreign graph of that kind has polarity = \"normal\" in the section [output] of its manifest (docs/foreign-models.md)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Metrics;

    #[test]
    fn maps_that_are_far_worse_than_chance_are_spoken_of() {
        let row = |category: &str, attack, auroc| SummaryRow {
            model: "net".into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            attack,
            samples: 2,
            metrics: Metrics { pixel_auroc: auroc, ..Metrics::default() },
            mean_loss: None,
            evaluations: 2,
            intervals: Default::default(),
            drops: Default::default(),
        };
        let rows = |auroc| [row("a", Attack::Clean, Some(auroc)), row("a", Attack::Joint, Some(0.1))];
        assert!(upside_down("net", &rows(0.2)).unwrap().contains("polarity"));
        assert!(upside_down("net", &rows(0.45)).is_none());
        assert!(upside_down("other", &rows(0.2)).is_none());
        assert!(upside_down("net", &[row("a", Attack::Clean, None)]).is_none(), "no ground truth");
    }
}
