//! The samples that fell farthest, as pictures.

use super::Exhibit;
use super::categories::select;
use super::html::{escape, percent};
use super::picture::img;
use crate::error::Result;
use crate::report::axis::on_axis;
use crate::stats::{distinct, grouped};
use crate::types::{Attack, Axis};

/// Cards at once, beyond which only those of the first model are shown at first.
const MANY: usize = 12;

/// A card for each sample with its clean picture and map, and a row for each attack.
///
/// # Errors
/// A file error when a picture cannot be encoded.
pub(super) fn gallery(exhibits: &[Exhibit]) -> Result<String> {
    if exhibits.is_empty() {
        return Ok(String::new());
    }
    let models = distinct(exhibits.iter().map(|one| one.model.clone()));
    let categories = distinct(exhibits.iter().map(|one| one.category.clone()));
    let attacks = distinct(exhibits.iter().map(|one| one.attack.name().to_owned()));
    let cards = grouped(exhibits, |one| (&one.model, &one.category, &one.sample));
    let mut html = format!(
        "<div class=\"filters\" data-filters=\"gallery\">{}{}{}<output></output></div><div id=\"gallery-cards\">",
        select("model", &models, cards.len() > MANY),
        select("category", &categories, false),
        select("attack", &attacks, false)
    );
    for group in &cards {
        html += &card(group)?;
    }
    Ok(html + "</div>")
}

fn card(falls: &[&Exhibit]) -> Result<String> {
    let Some(first) = falls.first() else { return Ok(String::new()) };
    let (model, category, sample) = (escape(&first.model), escape(&first.category), escape(&first.sample));
    let name = format!("{} {}", first.category, first.sample);
    let [clean, clean_map, ..] = &first.tiles;
    let mut html = format!(
        "<article class=\"card\"><h3>{category} <small>{sample}, {model}</small></h3><div class=\"fall\">{}{}{}</div>",
        framed(&img(clean, &format!("{name}, clean, mask outlined"))?, "clean, mask outlined"),
        framed(&img(clean_map, &format!("{name}, anomaly map of the clean picture"))?, "its map"),
        facts(&[
            ("pixel AUROC".to_owned(), auroc(first.clean_auroc)),
            ("image score".to_owned(), format!("{:.3}", first.clean_score))
        ]),
    );
    for fall in falls {
        let [_, _, worst, worst_map] = &fall.tiles;
        let attack = fall.attack.name();
        let all: Vec<Axis> = fall.parameters.axes().collect();
        let moved = fall.attack.axes(&all);
        let mut said: Vec<(String, String)> = fall
            .parameters
            .axes()
            .filter(|axis| moved.contains(axis))
            .map(|axis| (axis.to_string(), on_axis(Attack::Single(axis), fall.parameters.get(axis)).short()))
            .collect();
        said.push(("pixel AUROC".to_owned(), auroc(fall.sample_auroc)));
        said.push(("image score".to_owned(), format!("{:.3}", fall.image_score)));
        html += &format!(
            "<div class=\"fall\" data-model=\"{model}\" data-category=\"{category}\" data-attack=\"{attack}\">{}{}{}</div>",
            framed(&img(worst, &format!("{name} at the worst {attack}"))?, &format!("worst {attack}")),
            framed(
                &img(worst_map, &format!("{name}, anomaly map at the worst {attack}"))?,
                "its map, brought back"
            ),
            facts(&said)
        );
    }
    Ok(html + "</article>")
}

fn auroc(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{} %", percent(value)))
}

fn framed(img: &str, caption: &str) -> String {
    format!("<figure>{img}<figcaption>{}</figcaption></figure>", escape(caption))
}

fn facts(facts: &[(String, String)]) -> String {
    let each =
        facts.iter().map(|(name, value)| format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value)));
    format!("<dl>{}</dl>", each.collect::<String>())
}
