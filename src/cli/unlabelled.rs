//! What changes in a plan when its data have no ground truth.

use askance::attack::{Goal, Select};
use askance::error::{Error, Result};
use askance::types::Frame;

use super::plan::Plan;
use super::tolerance::TolerancePlan;

/// Lets a plan do without masks: drift is the loss, and an attack tells how stable the answers are. What the user asked for and
/// cannot be had is an error.
pub fn suit(plan: &mut Plan) -> Result<()> {
    let refused = |flag: String, fix: &str| {
        Err(Error::usage(flag, "needs ground truth, and these data are read without any", fix))
    };
    let settings = &mut plan.work.settings;
    if plan.work.sweep.is_some() {
        return refused("sweep".to_owned(), "use askance attack, which tells how far the answers move");
    }
    if plan.loss_given && settings.loss.needs_truth() {
        return refused(format!("--loss {}", settings.loss), "use --loss drift, or leave it out");
    }
    if settings.select == Select::SampleAuroc {
        return refused("--select sample-auroc".to_owned(), "use --select loss (with --preset authors too)");
    }
    if settings.select == Select::Pooled {
        return refused("--select pooled".to_owned(), "use --select loss");
    }
    if plan.work.uniform.is_some() {
        return refused("--uniform".to_owned(), "leave it out");
    }
    if settings.frame == Frame::RotatedMask {
        return refused(
            "--frame rotated-mask".to_owned(),
            "use --frame derotated (with --preset authors too)",
        );
    }
    settings.loss = Goal::Drift;
    if plan.command == "attack" && plan.work.tolerance.is_none() {
        plan.work.tolerance = Some(TolerancePlan { axes: settings.axes.clone(), decision: plan.decision });
    }
    Ok(())
}
