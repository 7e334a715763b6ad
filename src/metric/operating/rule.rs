//! How a threshold is chosen.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::by_text;

/// The rule by which the thresholds of a category are chosen from its unchanged pictures, one for pixels and one for whole pictures. What
/// has a score above its threshold is called anomalous.
///
/// ```
/// use askance::metric::ThresholdRule;
/// assert_eq!("mean+3sd".parse::<ThresholdRule>()?, ThresholdRule::Deviations(3.0));
/// assert_eq!("0.4,0.6".parse::<ThresholdRule>()?, ThresholdRule::Given { pixel: 0.4, image: Some(0.6) });
/// # Ok::<(), askance::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ThresholdRule {
    /// The threshold of the largest F1 against the ground truth. Written `best-f1`.
    #[default]
    BestF1,
    /// So many standard deviations above the mean of what good pictures score. Written `mean+3sd`.
    Deviations(f64),
    /// This quantile, in [0, 1], of what good pictures score. Written `quantile-0.99`.
    Quantile(f64),
    /// The same for all categories. Written as one number, for pixels, or two with a comma, the second for pictures.
    Given {
        /// For pixels.
        pixel: f64,
        /// For whole pictures; none where these are not decided about.
        image: Option<f64>,
    },
}

impl ThresholdRule {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BestF1 => f.write_str("best-f1"),
            Self::Deviations(count) => write!(f, "mean+{count}sd"),
            Self::Quantile(share) => write!(f, "quantile-{share}"),
            Self::Given { pixel, image: None } => write!(f, "{pixel}"),
            Self::Given { pixel, image: Some(image) } => write!(f, "{pixel},{image}"),
        }
    }
}

impl FromStr for ThresholdRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        let given = || match text.split_once(',') {
            Some((pixel, image)) => Some(Self::Given { pixel: number(pixel)?, image: Some(number(image)?) }),
            None => Some(Self::Given { pixel: number(text)?, image: None }),
        };
        let deviations = || number(text.strip_prefix("mean+")?.strip_suffix("sd")?).map(Self::Deviations);
        let share = |share: &f64| (0.0..=1.0).contains(share);
        let quantile = || number(text.strip_prefix("quantile-")?).filter(share).map(Self::Quantile);
        let best = (text == "best-f1").then_some(Self::BestF1);
        best.or_else(deviations).or_else(quantile).or_else(given).ok_or_else(|| {
            let fix = "use best-f1, mean+3sd, quantile-0.99, or one number for pixels, or two with a comma for pixels and pictures";
            Error::usage(text, "is not a rule for thresholds", fix)
        })
    }
}

by_text!(ThresholdRule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_back() {
        let rules = [
            ThresholdRule::BestF1,
            ThresholdRule::Deviations(2.5),
            ThresholdRule::Quantile(0.995),
            ThresholdRule::Given { pixel: -1e-7, image: None },
            ThresholdRule::Given { pixel: 0.25, image: Some(0.5) },
        ];
        for rule in rules {
            assert_eq!(rule.to_string().parse::<ThresholdRule>().unwrap(), rule);
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.to_string());
        }
        assert_eq!(ThresholdRule::Deviations(3.0).to_string(), "mean+3sd");
        for text in ["", "f1", "mean+sd", "quantile-1.5", "0.5,", "nan", "mean+infsd"] {
            assert!(text.parse::<ThresholdRule>().is_err(), "{text}");
        }
    }
}
