//! `askance synth`.

use std::path::Path;

use serde_json::json;

use askance::error::Result;
use askance::synth;
use askance::types::counted;

use super::args::{Global, SynthArgs};
use super::say;
use super::terminal::bar;

/// Writes the procedural data set and says what was written.
pub fn run(global: &Global, args: &SynthArgs) -> Result<()> {
    let recipe = synth::Recipe {
        world: args.world,
        seed: args.seed,
        size: args.size,
        aspect: args.aspect,
        categories: args.category.clone(),
        train: args.train,
        good: args.good,
        defective: args.defective,
    };
    let summary = write(&recipe, &args.out, global.quiet)?;
    if global.json {
        let counts = json!({ "out": say::path(&args.out), "categories": summary.categories, "images": summary.images });
        say::json(&counts);
    } else {
        say::text(format_args!(
            "{} of {}: {}",
            counted(summary.images, "picture", "pictures"),
            counted(summary.categories, "category", "categories"),
            args.out.display()
        ));
    }
    Ok(())
}

/// Writes a procedural data set with a progress bar.
pub fn write(recipe: &synth::Recipe, out: &Path, quiet: bool) -> Result<synth::Summary> {
    let bar = bar("synth", 0, quiet);
    let summary = synth::write(recipe, out, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    summary
}
