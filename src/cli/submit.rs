//! `askance submit`.

use serde_json::json;

use askance::error::Result;
use askance::report::{Cell, Column, Form, Table};
use askance::study::{Submission, Submitted};

use super::args::{Global, SubmitArgs};
use super::terminal::Terminal;
use super::{interrupt, say};

/// Writes and checks the submission, and says what is in it.
pub fn run(global: &Global, args: &SubmitArgs) -> Result<()> {
    interrupt::listen()?;
    let submission = Submission {
        run: args.run.clone(),
        data: args.data.clone(),
        model: args.model.clone(),
        threshold: args.threshold,
        threshold_from: args.threshold_from.clone(),
        partial: args.partial,
    };
    let submitted = submission.run(&args.out, &Terminal::new(global.quiet))?;
    if global.json {
        say::json(&json!(submitted));
        return Ok(());
    }
    say::table(table(&submitted));
    say::space();
    for difference in &submitted.differences {
        say::prose(format_args!("the server would refuse it: {difference}"));
    }
    say::text(format_args!("archive: {}", submitted.archive.display()));
    Ok(())
}

fn table(submitted: &Submitted) -> Table {
    let columns = vec![
        Column::words("category"),
        Column::words("set"),
        Column::numbers("pictures"),
        Column::numbers("threshold"),
        Column::numbers("called pictures"),
        Column::numbers("called pixels %"),
    ];
    let rows = submitted.categories.iter().flat_map(|category| {
        category.sets.iter().map(|set| {
            vec![
                Cell::text(&category.name),
                Cell::text(&set.name),
                Cell::count(set.pictures),
                Cell::Number(Some(category.threshold), Form::ThreeFigures),
                Cell::count(set.called),
                Cell::Number(Some(100.0 * set.called_pixels), Form::Decimals(2)),
            ]
        })
    });
    Table::new("", columns, rows.collect())
}
