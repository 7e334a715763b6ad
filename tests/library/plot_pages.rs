//! Figures for the column of a paper: as wide and with such letters as asked, and no text over another or beyond the edge.

use std::fs;
use std::path::Path;

use askance::error::Result;
use askance::perturb::Resampling;
use askance::plot::{self, AttackKind, Curve, Format, Landscape, Page};
use askance::record::{BenchRow, Grouping, SummaryRow, mean_rows};
use askance::types::{Attack, Axis, Bounds, Metrics, Over};

use crate::figures::{Out, noise};
use crate::plot_figures::{
    CATEGORIES, MODELS, made_up_examples, part, sample_rows, summary_rows, sweep_rows,
};
use crate::plot_groups::{LONG_VALUE, fallen, lamp};
use crate::plot_intervals::sure;
use crate::plot_lists::mirror_rows;
use crate::plot_many::{LONG, scans, uniform};
use crate::search_figures::{dense_trace, points, random_trace};

type Bench = fn(&[BenchRow], &str, Page, &Path) -> Result<()>;
type Draw = Box<dyn Fn(Page, &Path) -> Result<()>>;

fn means(models: &[&str], datasets: &[&str]) -> Vec<SummaryRow> {
    sure(mean_rows(&summary_rows(models, datasets)))
}

/// Means of one model under the attacks on each of some axes.
fn under(axes: &[Axis]) -> Vec<SummaryRow> {
    let one = means(&["pocket"], &["toys"]).swap_remove(0);
    let row = |attack: Attack| SummaryRow {
        attack,
        metrics: Metrics {
            pixel_auroc: Some(0.4 + 0.6 * noise(&attack.to_string(), 1)),
            aupro: Some(if attack == Attack::Clean { 1.0 } else { 0.3 }),
            ..Metrics::default()
        },
        ..one.clone()
    };
    sure(Attack::over(axes).into_iter().map(row).collect())
}

fn curves(count: usize) -> Vec<Curve> {
    let names = ["cma-es", "grid", "random", "bayesian", "nelder-mead", "halving", "sobol", "adam", "auto"];
    let curve = |name: &&str| Curve {
        name: (*name).to_owned(),
        samples: (0..9)
            .map(|sample| {
                let speed = 0.02 * (0.4 + noise(&format!("{name}{sample}"), 1));
                (0..3000).map(|at| 1.0 - (-speed * f64::from(at)).exp()).collect()
            })
            .collect(),
    };
    names[..count].iter().map(curve).collect()
}

/// Every figure, from little and from much.
fn figures() -> Vec<(String, Draw)> {
    let mut all: Vec<(String, Draw)> = Vec::new();
    let mut add = |name: &str, draw: Draw| all.push((name.to_owned(), draw));
    for (name, models, categories) in [("few", 1, 3), ("categories", 1, 15), ("models", 6, 2)] {
        let rows = sweep_rows(&MODELS[..models], &CATEGORIES[..categories]);
        for axis in Axis::PAPER {
            let rows = rows.clone();
            add(
                &format!("sweep_{axis}_{name}"),
                Box::new(move |page, out| plot::sweep(&rows, axis, page, out)),
            );
        }
    }
    for (name, models, categories) in [("one", 1, 1), ("categories", 1, 15), ("models", 6, 2)] {
        let rows = mirror_rows(&MODELS[..models], &CATEGORIES[..categories]);
        add(
            &format!("sweep_mirror_{name}"),
            Box::new(move |page, out| plot::sweep(&rows, Axis::Mirror, page, out)),
        );
    }
    let many = ["budget 50", "budget 100", "budget 400, search bayesian"]
        .map(|of| format!("a-model-with-a-really-long-name, {of}, 5 seeds"));
    let long: Vec<&str> = many.iter().map(String::as_str).collect();
    let sets = ["MVTec AD", "VisA"];
    for (name, rows) in [
        ("one", means(&MODELS[..1], &sets[..1])),
        ("six", means(&MODELS, &sets)),
        ("long", means(&long, &sets[..1])),
        ("axes", under(&Axis::ALL[..9])),
        ("all", under(&Axis::ALL)),
    ] {
        let whole = uniform(&rows);
        let own = rows.clone();
        add(&format!("bars_{name}"), Box::new(move |page, out| plot::bars(&own, page, out)));
        add(&format!("bounds_{name}"), Box::new(move |page, out| plot::bounds(&rows, &whole, page, out)));
    }
    let mut rows = summary_rows(&MODELS[5..], &sets[..1]);
    for row in rows.iter_mut().filter(|row| row.over.category() == Some(CATEGORIES[0])) {
        row.over = Over::Category(LONG.into());
    }
    for (name, rows) in [("lanes", sure(rows.clone())), ("dots", rows)] {
        add(&format!("categories_{name}"), Box::new(move |page, out| plot::categories(&rows, page, out)));
    }
    let attacks = Attack::over(&Axis::PAPER).split_off(1);
    let lots: Vec<String> = (0..12).map(|lot| format!("lot {lot}")).collect();
    let lots: Vec<&str> = lots.iter().map(String::as_str).collect();
    for (name, grouping, groups) in [
        ("two", lamp(), &["cold", "warm"][..]),
        ("six", Grouping::Condition, &["regular", "dark", "bright", LONG_VALUE, "shift_1", "shift_2"]),
        ("twelve", Grouping::Column("the-lot-as-the-supplier-calls-it".into()), &lots),
        ("sizes", Grouping::Size, &["below 0.1 %", "0.1 to 1 %", "above 1 %"]),
    ] {
        let rows = fallen(&grouping, groups, &attacks);
        add(&format!("groups_{name}"), Box::new(move |page, out| plot::groups(&rows, &grouping, page, out)));
    }
    for (name, kind) in [("single", AttackKind::Single), ("joint", AttackKind::Joint)] {
        for models in [1, 6] {
            let rows = sample_rows(&MODELS[..models], 80);
            add(
                &format!("histograms_{name}_{models}"),
                Box::new(move |page, out| plot::histograms(&rows, kind, &Bounds::default(), page, out)),
            );
        }
    }
    for axes in [1, 2, 3, Axis::ALL.len()] {
        let rows = scans("pocket", &Axis::ALL[..axes]);
        add(
            &format!("tolerance_{axes}"),
            Box::new(move |page, out| plot::survival(&rows, &Bounds::default(), page, out)),
        );
    }
    let shown = made_up_examples(4);
    add("examples", Box::new(move |page, out| plot::examples(&shown, Resampling::default(), 40, page, out)));
    for (name, axes) in [("paper", &Axis::PAPER[..]), ("all", &Axis::ALL[..])] {
        let (image, _) = part(96);
        add(
            &format!("gallery_{name}"),
            Box::new(move |page, out| {
                plot::gallery(&image, Resampling::default(), axes, &Bounds::default(), page, out)
            }),
        );
    }
    for count in [1, 9] {
        let curves = curves(count);
        let heading = "How fast searches close the loss gap: pocket, 20 samples";
        add(
            &format!("convergence_{count}"),
            Box::new(move |page, out| plot::convergence(&curves, heading, page, out)),
        );
    }
    add(
        "landscape",
        Box::new(|page, out| {
            let shown = Landscape {
                heading: "nut/scratch/000 under pocket, and the path of cma-es (100)",
                colours: "lowest loss over saturation, scale, translate-x (lower is worse)",
                dense: &points(&dense_trace()),
                path: &points(&random_trace("a", 60)),
                bounds: &Bounds::default(),
            };
            plot::landscape(&shown, page, out)
        }),
    );
    let benches: [(&str, Bench); 3] =
        [("latency", plot::latency), ("relative", plot::relative), ("parity", plot::parity)];
    for (name, draw) in benches {
        add(
            &format!("bench_{name}"),
            Box::new(move |page, out| draw(&crate::bench_figures::rows(), "vit-b-16-plus-240", page, out)),
        );
    }
    all
}

/// The pages of papers that figures are looked at on, and the narrowest and the widest that there are.
const PAGES: [(f64, f64); 5] = [(85.0, 8.0), (170.0, 8.0), (170.0, 12.0), (85.0, 9.3), (500.0, 8.3)];

/// A box of a drawing and what is in it.
struct Place {
    what: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Place {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

fn value(element: &str, name: &str) -> Option<f64> {
    element.split(&format!(" {name}=\"")).nth(1)?.split(['"', 'm']).next()?.parse().ok()
}

/// The letters of a text: from their height to a little below their line, without the ends of a line.
fn text(element: &str) -> Place {
    let (attributes, rest) = element.split_once('>').unwrap();
    let number = |name| value(attributes, name).unwrap();
    let (size, length) = (number("font-size"), number("textLength"));
    let begin = match attributes.split("text-anchor=\"").nth(1) {
        Some(anchor) if anchor.starts_with("middle") => -length / 2.0,
        Some(_) => -length,
        None => 0.0,
    };
    let (x, y) = (number("x"), number("y"));
    let (x0, x1, y0, y1) = (x + begin, x + begin + length, y - 0.7 * size, y + 0.05 * size);
    let what = rest.split('<').next().unwrap().to_owned();
    match attributes.split("translate(").nth(1) {
        None => Place { what, left: x0, top: y0, right: x1, bottom: y1 },
        Some(turned) => {
            assert!(turned.contains("rotate(270)"), "{element}");
            let mut at = turned.split(')').next().unwrap().split(' ').map(|at| at.parse::<f64>().unwrap());
            let (x, y) = (at.next().unwrap(), at.next().unwrap());
            Place { what, left: x + y0, top: y - x1, right: x + y1, bottom: y - x0 }
        }
    }
}

/// What is wrong with the texts of a figure: those that lie over another or over a picture, and those beyond the edge.
fn faults(svg: &str) -> Vec<String> {
    let view: Vec<f64> = {
        let view = svg.split("viewBox=\"").nth(1).unwrap().split('"').next().unwrap();
        view.split(' ').map(|number| number.parse().unwrap()).collect()
    };
    let texts: Vec<Place> = svg
        .lines()
        .filter(|line| line.starts_with("<text "))
        .map(text)
        .filter(|one| !one.what.trim().is_empty())
        .collect();
    let picture = |line: &str| {
        let number = |name| value(line, name).unwrap();
        let (left, top) = (number("x"), number("y"));
        let (right, bottom) = (left + number("width"), top + number("height"));
        Place { what: "a picture".to_owned(), left, top, right, bottom }
    };
    let pictures: Vec<Place> = svg.lines().filter(|line| line.starts_with("<image ")).map(picture).collect();
    assert!(!texts.is_empty());
    let mut faults = Vec::new();
    for (at, one) in texts.iter().enumerate() {
        if one.left < 0.0 || one.top < 0.0 || one.right > view[2] || one.bottom > view[3] {
            faults.push(format!("{:?} is cut by the edge", one.what));
        }
        if one.what.contains('\u{2026}') {
            faults.push(format!("{:?} is cut", one.what));
        }
        for other in texts[at + 1..].iter().chain(&pictures).filter(|other| one.meets(other)) {
            faults.push(format!("{:?} lies over {:?}", one.what, other.what));
        }
    }
    faults
}

#[test]
fn no_text_of_a_paper_lies_over_another_or_beyond_the_edge() {
    let out = Out::new();
    let mut wrong = Vec::new();
    for (width, font) in PAGES {
        let page = Page::new(Some(width), Some(font)).unwrap();
        let folder = out.path(&format!("pages/{width}mm-{font}pt"));
        for (name, draw) in figures() {
            let path = folder.join(format!("{name}.svg"));
            draw(page, &path).unwrap();
            let svg = fs::read_to_string(&path).unwrap();
            wrong.extend(
                faults(&svg).into_iter().map(|fault| format!("{width} mm, {font} pt, {name}: {fault}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_figure_has_the_same_bytes_each_time() {
    let out = Out::new();
    for (name, draw) in figures() {
        let [first, second] = ["first", "second"].map(|time| {
            let path = out.path(&format!("{time}/{name}.pdf"));
            draw(Page::default(), &path).unwrap();
            fs::read(path).unwrap()
        });
        assert!(first == second, "{name}");
    }
}

#[test]
fn a_fault_of_the_texts_is_seen() {
    let drawn = |texts: &str| format!("<svg viewBox=\"0 0 100 100\">\n{texts}</svg>");
    let text = |x: f64, y: f64| {
        format!("<text x=\"{x}\" y=\"{y}\" font-size=\"10\" textLength=\"40\" fill=\"#000\">a{x}</text>\n")
    };
    assert!(faults(&drawn(&(text(5.0, 20.0) + &text(50.0, 20.0)))).is_empty());
    assert_eq!(faults(&drawn(&(text(5.0, 20.0) + &text(44.0, 20.0)))), ["\"a5\" lies over \"a44\""]);
    assert_eq!(faults(&drawn(&text(61.0, 20.0))), ["\"a61\" is cut by the edge"]);
}

#[test]
fn pages_and_letters_are_as_asked() {
    let out = Out::new();
    let rows = means(&MODELS[..1], &["toys"]);
    for (width, font) in [(85.0, 8.0), (170.0, 8.0), (170.0, 12.0), (120.0, 9.5)] {
        let page = Page::new(Some(width), Some(font)).unwrap();
        let at = |format: Format| out.path(&format!("asked_{width}_{font}.{format}"));
        for format in Format::ALL {
            plot::bars(&rows, page, &at(format)).unwrap();
        }
        let svg = fs::read_to_string(at(Format::Svg)).unwrap();
        assert_eq!(value(&svg, "width"), Some(width), "in mm");
        let lengths: f64 =
            svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        // Numbers at an axis are of the usual size.
        let tick = svg.lines().find(|line| line.contains(">20</text>")).unwrap();
        let points = value(tick, "font-size").unwrap() * width / lengths / 25.4 * 72.0;
        assert!((points - font).abs() < 0.01 * font, "{points} pt for {font}");

        let pdf = fs::read(at(Format::Pdf)).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        let page: f64 =
            text.split("/MediaBox [0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!((page - width / 25.4 * 72.0).abs() < 0.01, "{page} points for {width} mm");

        let png = fs::read(at(Format::Png)).unwrap();
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!(f64::from(number(16)), (width / 25.4 * 300.0).round(), "pixels across");
        assert_eq!((&png[37..41], number(41), png[49]), (&b"pHYs"[..], 11811, 1), "300 dots an inch");
        assert!(image::load_from_memory(&png).is_ok());
    }
}

#[test]
fn figures_for_which_nothing_was_asked_are_what_they_were() {
    let out = Out::new();
    let rows = means(&MODELS[..1], &["toys"]);
    let (usual, wide) = (out.path("usual.svg"), out.path("wide.svg"));
    plot::bars(&rows, Page::default(), &usual).unwrap();
    plot::bars(&rows, Page::new(Some(170.0), None).unwrap(), &wide).unwrap();
    let [usual_svg, wide_svg] = [&usual, &wide].map(|path| fs::read_to_string(path).unwrap());
    assert!(
        usual_svg.contains("width=\"170mm\"") && usual_svg.contains("viewBox=\"0 0 3200 "),
        "1600 across"
    );
    assert_eq!(usual_svg, wide_svg, "the default width by name changes no vector");
    let png = usual.with_extension("png");
    plot::bars(&rows, Page::default(), &png).unwrap();
    assert_eq!(image::open(&png).unwrap().width(), 1600);
}
