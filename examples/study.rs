//! A study from pictures to figures: `study [DATA]` attacks the embedded model `pocket` on the data in the folder DATA (of each category the
//! first four good and four defective pictures), or on a few parts that it generates.
//!
//! Everything is left in `results/`; a second start finds it there and has nothing left to do.
#![allow(unsafe_code, clippy::print_stdout, reason = "it sets the environment, and prints what it finds")]

use std::path::{Path, PathBuf};
use std::slice;

use askance::error::Result;
use askance::runtime;
use askance::study::{Data, ModelSpec, Models, Observe, Plan, Source, draw};
use askance::synth;
use askance::types::Axis;

/// Prints what a study has to say.
struct Told;

impl Observe for Told {
    fn note(&self, text: &str) {
        println!("{text}");
    }

    fn warn(&self, warning: &str) {
        println!("warning: {warning}");
    }
}

fn main() -> Result<()> {
    // SAFETY: no other thread runs yet. ONNX Runtime would report to Microsoft otherwise.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };

    let folder = std::env::args_os().nth(1).map_or_else(generated, |folder| Ok(PathBuf::from(folder)))?;
    let data = Data::open(&Source::new(folder).limit(4), &Told)?;
    let mut models = Models::load(&ModelSpec::new(["pocket"]), &runtime::Options::from_env(), &Told)?;
    let plan = Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(12).check()?;
    let outcome = plan.run(data.default_out("example"), &data, &mut models, &Told)?;

    for table in outcome.tables() {
        println!("{}\n", table.to_text());
    }
    for figure in draw(slice::from_ref(&outcome.dir), &outcome.dir.plots())?.written {
        println!("{}", figure.display());
    }
    Ok(())
}

/// Three good and three defective parts of each of two categories, which the model has never seen.
fn generated() -> Result<PathBuf> {
    let folder = Path::new("results").join("parts");
    let categories = ["hex_nut", "tablet"].map(String::from).to_vec();
    let recipe = synth::Recipe { categories, good: 3, defective: 3, ..synth::Recipe::default() };
    synth::write(&recipe, &folder, &|_, _| ())?;
    Ok(folder)
}
