//! What is unusual about a plan and about what came out of it.

use super::checked::Checked;
use super::data::Data;
use crate::dataset::Official;
use crate::record::SummaryRow;
use crate::stats;
use crate::types::{Attack, Over};

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
