//! From which image score on a sample is called anomalous.

use std::collections::HashMap;

use super::data::Data;
use crate::dataset::Sample;
use crate::metric;
use crate::record::DecisionRule;
use crate::types::Label;

/// Share of the unchanged pictures without ground truth that counts as anomalous.
const TOP_SHARE: f64 = 0.05;

/// The threshold of one category, and how it was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decision {
    pub threshold: f64,
    pub rule: DecisionRule,
}

/// The decisions about the samples of one model, by category.
pub(super) type Decisions = HashMap<String, Decision>;

/// The decision of each category that has samples: the one given; else, with labels, that of largest F1 of the clean scores; else
/// the one that the highest 5 % of them exceed. `score` gives the clean image score of a sample, where it is known. A category whose
/// scores are all alike has none, and is handed to `undecided`.
pub(super) fn decisions(
    data: &Data,
    given: Option<f64>,
    score: &dyn Fn(&Sample) -> Option<f32>,
    undecided: &dyn Fn(&str),
) -> Decisions {
    let mut found = HashMap::new();
    for category in &data.dataset().categories {
        let (scores, labels): (Vec<f32>, Vec<bool>) = category
            .samples
            .iter()
            .filter_map(|sample| Some((score(sample)?, sample.label == Label::Anomalous)))
            .unzip();
        if scores.is_empty() {
            continue;
        }
        let decision = given
            .map(|threshold| Decision { threshold, rule: DecisionRule::Given })
            .or_else(|| from_scores(&scores, &labels));
        match decision {
            Some(decision) => {
                found.insert(category.name.clone(), decision);
            }
            None => undecided(&category.name),
        }
    }
    found
}

fn from_scores(scores: &[f32], labels: &[bool]) -> Option<Decision> {
    let by_labels = metric::f1_threshold(scores, labels)
        .map(|threshold| Decision { threshold, rule: DecisionRule::BestF1 });
    by_labels.or_else(|| {
        let threshold = metric::top_threshold(scores, TOP_SHARE)?;
        Some(Decision { threshold, rule: DecisionRule::TopFivePercent })
    })
}

/// What is said of a category without a threshold; `what` is not known of it.
pub(super) fn without_decision(what: &str, category: &str) -> String {
    format!(
        "{what} of category {category}: no threshold can be chosen, since its unchanged pictures do not have two different image scores; \
         give it as `decision`, or more pictures"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_decide_where_there_are_any_and_ranks_otherwise() {
        let scores = [0.1, 0.2, 0.8, 0.9];
        let labelled = from_scores(&scores, &[false, false, true, true]).unwrap();
        assert_eq!(labelled.rule, DecisionRule::BestF1);
        assert!((0.2..0.8).contains(&labelled.threshold), "{labelled:?}");
        let unlabelled = from_scores(&scores, &[false; 4]).unwrap();
        assert_eq!(unlabelled.rule, DecisionRule::TopFivePercent);
        assert!((0.8..0.9).contains(&unlabelled.threshold), "{unlabelled:?}");
        assert_eq!(from_scores(&[0.5, 0.5], &[false, false]), None);
        assert!(without_decision("nothing", "key").contains("category key"));
    }
}
