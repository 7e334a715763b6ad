//! Flags about perturbations and metrics.

use clap::Args;

use askance::attack::{Border, Preset};
use askance::error::{Error, Result};
use askance::metric::{AuproMode, MetricOptions, ThresholdRule};
use askance::perturb::{Fill, Rotation};
use askance::study::{GroupBy, Plan};
use askance::types::{Axis, Blend, Fit, Fitting, Frame, Interval, TileScore};

use super::values::{AxisRange, Range, frame, interval, place};

/// What the metrics are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metrics and decisions")]
pub struct MetricArgs {
    /// Upper end of the false positive rate for AUPRO [default: 0.3]
    #[arg(long, value_name = "RATE")]
    pub fpr_limit: Option<f64>,
    /// How AUPRO is computed: exact or thresholds-200 [default: exact]
    #[arg(long, value_name = "MODE")]
    pub aupro: Option<AuproMode>,
}

/// Where one decides.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Metrics and decisions")]
pub struct PointArgs {
    /// Thresholds of operating.csv, from the unchanged pictures of each category [default: best-f1]
    ///
    /// best-f1 (largest F1), mean+3sd or quantile-0.99 of the good pictures, or given for pixels and pictures as 0.4,0.6.
    #[arg(long, value_name = "RULE", allow_hyphen_values = true)]
    pub threshold: Option<ThresholdRule>,
    /// Condition that all others are compared with, where conditions are known
    ///
    /// Those of operating.csv [default: regular, same or test0, as data sets call that of their training pictures].
    #[arg(long, value_name = "NAME")]
    pub reference_condition: Option<String>,
    /// Also rows for the pictures of each value of these columns of the data
    ///
    /// Rows of operating.csv. Columns of a manifest.csv, keys of a meta.json or groups of --condition-pattern, such as lamp,operator.
    /// COLUMN=VALUE names the value that the others are compared with.
    #[arg(long, value_name = "COLUMN", num_args = 1.., value_delimiter = ',')]
    pub group_by: Vec<GroupBy>,
    /// Also print what operating.csv holds: decisions at the thresholds, by kind of defect, size, condition and column
    #[arg(long)]
    pub operating_points: bool,
}

impl PointArgs {
    /// A plan with what was given.
    pub fn apply(&self, plan: Plan) -> Plan {
        let plan = match self.threshold {
            Some(threshold) => plan.threshold(threshold),
            None => plan,
        };
        let plan = match &self.reference_condition {
            Some(condition) => plan.reference_condition(condition),
            None => plan,
        };
        if self.group_by.is_empty() { plan } else { plan.group_by(self.group_by.clone()) }
    }
}

impl MetricArgs {
    pub fn options(&self) -> MetricOptions {
        let usual = MetricOptions::default();
        MetricOptions {
            fpr_limit: self.fpr_limit.unwrap_or(usual.fpr_limit),
            aupro: self.aupro.unwrap_or(usual.aupro),
        }
    }

    /// A plan with the options that were given.
    pub fn apply(&self, plan: Plan) -> Plan {
        let given = self.fpr_limit.is_some() || self.aupro.is_some();
        if given { plan.metric(self.options()) } else { plan }
    }
}

/// How pictures that are not square come to the model.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Pictures that are not square")]
pub struct FitArgs {
    /// Pictures that are not square: squeeze, pad or tile [default: squeeze]
    ///
    /// Squeeze them into the model's square, pad the shorter side, or tile the longer one. A model's bundle.toml may name its own default;
    /// with --preset paper it is tile.
    #[arg(long, value_name = "NAME")]
    pub fit: Option<Fit>,
    /// With --fit tile: pixels of the picture that a side of a tile covers [default: the shorter side]
    #[arg(long, value_name = "N")]
    pub tile_size: Option<usize>,
    /// With --fit tile: share of a tile that overlaps the next one, at least [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    pub tile_overlap: Option<f64>,
    /// With --fit tile: weights where tiles overlap, mean or hann [default: mean]
    #[arg(long, value_name = "NAME")]
    pub tile_blend: Option<Blend>,
    /// With --fit tile: image score of the tiles' scores, mean or max [default: mean]
    #[arg(long, value_name = "NAME")]
    pub tile_score: Option<TileScore>,
}

impl FitArgs {
    /// A plan with the fit that was given; `preset` says which one it has otherwise.
    ///
    /// # Errors
    /// A usage error where tiles are spoken of and there are none.
    pub fn apply(&self, plan: Plan, preset: Option<Preset>) -> Result<Plan> {
        let of_preset = preset.map_or_else(Fitting::default, |preset| preset.settings().fit);
        Ok(match self.fitting(of_preset)? {
            Some(fitting) => plan.fit(fitting),
            None => plan,
        })
    }

    /// The fit that was given, with the `usual` where a flag says nothing; none where no flag was.
    ///
    /// # Errors
    /// A usage error where tiles are spoken of and there are none.
    pub fn fitting(&self, usual: Fitting) -> Result<Option<Fitting>> {
        let fit = self.fit.unwrap_or(usual.fit);
        let given = [
            ("--tile-size", self.tile_size.is_some()),
            ("--tile-overlap", self.tile_overlap.is_some()),
            ("--tile-blend", self.tile_blend.is_some()),
            ("--tile-score", self.tile_score.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, given)| *given && fit != Fit::Tile) {
            let problem = format!("is for --fit tile, and this is --fit {fit}");
            return Err(Error::usage(*flag, problem, "add --fit tile, or leave it out"));
        }
        if self.fit.is_none() && given.iter().all(|(_, given)| !given) {
            return Ok(None);
        }
        Ok(Some(Fitting {
            fit,
            tile_size: self.tile_size,
            tile_overlap: self.tile_overlap.unwrap_or(usual.tile_overlap),
            tile_blend: self.tile_blend.unwrap_or(usual.tile_blend),
            tile_score: self.tile_score.unwrap_or(usual.tile_score),
        }))
    }
}

/// How a picture is perturbed and its map compared.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Perturbation")]
pub struct PerturbArgs {
    /// A published protocol: paper (arXiv 2405.07969) or authors (their code)
    ///
    /// Other flags override what it says. Of pictures that are not square paper makes tiles, in a way of its own, as the paper's is not
    /// published.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<Preset>,
    /// Angle bounds in degrees, clockwise positive [default: -90,90]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub angle_bounds: Option<Interval>,
    /// Hue bounds in radians [default: the whole circle]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub hue_bounds: Option<Interval>,
    /// Bounds of the saturation shift [default: -0.5,0.5]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub saturation_bounds: Option<Interval>,
    /// Bounds of an axis, such as brightness=-0.3,0.3; repeat it for more
    ///
    /// docs/perturbations.md has units and defaults. Of mirror, a list, its values are named: mirror=3 tries the half turn alone.
    #[arg(long, value_name = "AXIS=LOW,HIGH")]
    pub bounds: Vec<AxisRange>,
    /// Where the glare lies, as shares of width and height [default: 0.5,0.5]
    ///
    /// For the axis glare: the centre of the lamp's reflection, counted from the upper left corner. It stays there when the part moves.
    #[arg(long, value_name = "X,Y", value_parser = place, allow_hyphen_values = true)]
    pub glare_at: Option<(f64, f64)>,
    /// Standard deviation of the glare as a share of the width [default: 0.1]
    ///
    /// For the axis glare, whose light falls to 61 % of its peak at this distance from the centre and to 14 % at twice of it.
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    pub glare_size: Option<f64>,
    /// Interpolation of the rotation: bilinear or three-pass [default: bilinear]
    #[arg(long, value_name = "NAME")]
    pub rotation: Option<Rotation>,
    /// What a rotation, zoom or shift brings in from outside: replicate, zeros or reflect [default: replicate]
    #[arg(long, value_name = "NAME")]
    pub fill: Option<Fill>,
    /// Interpolation with which a map is turned back: bilinear or three-pass [default: bilinear]
    #[arg(long, value_name = "NAME")]
    pub map_rotation: Option<Rotation>,
    /// Where map and mask meet: derotated (the map is brought back) or rotated-mask [default: derotated]
    #[arg(long, value_name = "NAME", value_parser = frame)]
    pub frame: Option<Frame>,
    /// Map pixels from outside the moved picture: zeros or ignore [default: zeros]
    #[arg(long, value_name = "NAME")]
    pub border: Option<Border>,
}

impl PerturbArgs {
    /// A plan with the preset, and with what the other flags say instead.
    ///
    /// # Errors
    /// A usage error when the bounds of an axis are given twice.
    pub fn apply(&self, mut plan: Plan) -> Result<Plan> {
        if let Some(preset) = self.preset {
            plan = plan.preset(preset);
        }
        for AxisRange { axis, range, .. } in self.bounds()? {
            plan = match range {
                Range::Interval(interval) => plan.bounds(axis, interval),
                Range::Values(values) => plan.values(axis, &values),
            };
        }
        if let Some((x, y)) = self.glare_at {
            plan = plan.glare_at(x, y);
        }
        if let Some(size) = self.glare_size {
            plan = plan.glare_size(size);
        }
        if let Some(rotation) = self.rotation {
            plan = plan.rotation(rotation);
        }
        if let Some(fill) = self.fill {
            plan = plan.fill(fill);
        }
        if let Some(rotation) = self.map_rotation {
            plan = plan.map_rotation(rotation);
        }
        if let Some(frame) = self.frame {
            plan = plan.frame(frame);
        }
        if let Some(border) = self.border {
            plan = plan.border(border);
        }
        Ok(plan)
    }

    /// An error about bounds, which the library does not know how they were given, with the flag that was.
    pub fn as_given(&self, error: Error) -> Error {
        let of = |AxisRange { axis, text, .. }: &AxisRange| {
            let value = error.subject.strip_prefix(&format!("`bounds.{axis}"))?.strip_suffix('`')?;
            if axis.is_list() {
                return Some(format!("--bounds {text}"));
            }
            let value = value.strip_prefix(" = ").map(|value| format!("={value}"));
            Some(format!("--bounds {axis}{}", value.unwrap_or_default()))
        };
        let given = self.bounds.iter().find_map(of);
        Error { subject: given.unwrap_or_else(|| error.subject.clone()), ..error }
    }

    fn bounds(&self) -> Result<Vec<AxisRange>> {
        let own = [
            (Axis::Angle, self.angle_bounds),
            (Axis::Hue, self.hue_bounds),
            (Axis::Saturation, self.saturation_bounds),
        ];
        let own = own.into_iter().filter_map(|(axis, interval)| {
            let range = Range::Interval(interval?);
            Some(AxisRange { axis, range, text: String::new() })
        });
        let given: Vec<AxisRange> = own.chain(self.bounds.iter().cloned()).collect();
        for (index, AxisRange { axis, text, .. }) in given.iter().enumerate() {
            if given[..index].iter().any(|other| other.axis == *axis) {
                return Err(Error::usage(
                    format!("--bounds {text}"),
                    "gives the bounds of an axis that has some already",
                    "give them once",
                ));
            }
        }
        Ok(given)
    }
}
