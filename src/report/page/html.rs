//! Text and numbers as HTML. Whatever a record holds goes through [`escape`].

use crate::error::shown;
use crate::report::Table;
use crate::types::Interval;

/// How readers name settings: a text with settings in backticks to the same text in their words.
pub(super) type Words<'w> = &'w dyn Fn(&str) -> String;

/// Text as HTML has it, between tags and in quoted attributes; what is hidden in it is written out.
pub(super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in shown(text).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            plain => html.push(plain),
        }
    }
    html
}

/// A share in percent with one decimal, without a sign for percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// A difference of shares in points, with its sign.
pub(super) fn points(difference: f64) -> String {
    format!("{:+.1}", 100.0 * difference)
}

/// `, 95 % interval 16.1 to 21.4`; nothing where there is no interval.
pub(super) fn sure(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |ends| {
        format!(", 95 % interval {} to {}", percent(ends.low), percent(ends.high))
    })
}

/// A section with a heading that the list of contents leads to.
pub(super) fn section(id: &str, heading: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<section id=\"{id}\"><h2>{}</h2>{body}</section>\n", escape(heading))
}

/// Something long that is shown when it is asked for.
pub(super) fn folded(name: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<details><summary>{}</summary>{body}</details>", escape(name))
}

/// A cell of a share, with the exact value and interval for programs; `column` is its name in the CSV.
pub(super) fn share_cell(column: &str, value: Option<f64>, interval: Option<Interval>) -> String {
    cell(column, value, interval, "n")
}

/// A cell of a drop, coloured by its size in tenths.
pub(super) fn drop_cell(column: &str, value: Option<f64>, interval: Option<Interval>) -> String {
    let depth = (10.0 * value.unwrap_or(0.0).clamp(0.0, 1.0)).ceil();
    cell(column, value, interval, &format!("n drop d{depth}"))
}

fn cell(column: &str, value: Option<f64>, interval: Option<Interval>, class: &str) -> String {
    let Some(value) = value else {
        return format!("<td class=\"{class}\" data-column=\"{column}\">-</td>");
    };
    let ends = interval
        .map_or_else(String::new, |ends| format!(" data-low=\"{}\" data-high=\"{}\"", ends.low, ends.high));
    let shown = interval.map_or_else(String::new, |ends| {
        format!(" <small>{} to {}</small>", percent(ends.low), percent(ends.high))
    });
    format!(
        "<td class=\"{class}\" data-column=\"{column}\" data-value=\"{value}\"{ends}>{}{shown}</td>",
        percent(value)
    )
}

/// A heading that sorts its column.
pub(super) fn sorter(name: &str) -> String {
    format!("<th scope=\"col\"><button type=\"button\">{}</button></th>", escape(name))
}

/// A table that scrolls by itself where it is wider than the page.
pub(super) fn scrolled(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{table}</div>",
        escape(label)
    )
}

/// Tables of a report, sortable, each with its notes beneath.
pub(super) fn tables(tables: impl IntoIterator<Item = Table>, words: Words<'_>) -> String {
    tables.into_iter().map(|one| table(&one, words)).collect()
}

fn table(table: &Table, words: Words<'_>) -> String {
    // A table that shows its intervals already says what they are.
    let sure = table.with_intervals();
    let table = if sure.rows == table.rows { table } else { &sure };
    let head: String = table.columns.iter().map(|column| sorter(&column.head)).collect();
    let row = |cells: &Vec<super::super::Cell>| {
        let cells = cells.iter().zip(&table.columns).map(|(cell, column)| {
            let class = if column.right { " class=\"n\"" } else { "" };
            let exact = cell.exact();
            let value = exact.first().map_or("", String::as_str);
            format!("<td{class} data-value=\"{}\">{}</td>", escape(value), escape(&cell.short()))
        });
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let rows: String = table.rows.iter().map(row).collect();
    let notes: String = table.notes.iter().map(|note| line_below(note, words)).collect();
    let html = format!(
        "<table class=\"sortable\">{}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
        caption_of(&table.title)
    );
    scrolled(&table.title, &html) + &notes
}

/// The caption of a table, which stays in sight where the table scrolls.
pub(super) fn caption_of(title: &str) -> String {
    format!("<caption><span>{}</span></caption>", escape(title))
}

/// A line in small print.
pub(super) fn line_below(note: &str, words: Words<'_>) -> String {
    format!("<p class=\"note\">{}</p>", worded(note, words))
}

/// A text in the reader's words for settings; no line breaks within a flag.
pub(super) fn worded(text: &str, words: Words<'_>) -> String {
    let said = escape(&words(text));
    let mut html = String::with_capacity(said.len());
    for part in said.split_inclusive(' ') {
        match part.find("--") {
            Some(at) => {
                let name = |letter: char| letter == '-' || letter.is_ascii_alphanumeric();
                let end = part[at..].find(|letter| !name(letter)).map_or(part.len(), |end| at + end);
                html.push_str(&format!(
                    "{}<span class=\"flag\">{}</span>{}",
                    &part[..at],
                    &part[at..end],
                    &part[end..]
                ));
            }
            None => html.push_str(part),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_place_in_the_page() {
        let hostile = "</td><script>alert(\"x\")</script>'&\u{202e}\n";
        assert_eq!(
            escape(hostile),
            "&lt;/td&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;\\u{202e}\\n"
        );
    }

    #[test]
    fn settings_are_told_in_the_readers_words_and_no_line_breaks_within_a_flag() {
        let flag = ["--", "budget"].concat();
        let said = worded("<missed> (`budget`).", &|text| text.replace("`budget`", &flag));
        assert_eq!(said, format!("&lt;missed&gt; (<span class=\"flag\">{flag}</span>)."));
        assert_eq!(worded("`budget`", &str::to_owned), "`budget`");
    }

    #[test]
    fn a_cell_has_the_exact_value_beside_the_short_one() {
        let ends = Interval { low: 0.125, high: 0.5 };
        assert_eq!(
            share_cell("aupro", Some(0.25), Some(ends)),
            "<td class=\"n\" data-column=\"aupro\" data-value=\"0.25\" data-low=\"0.125\" data-high=\"0.5\">25.0 \
             <small>12.5 to 50.0</small></td>"
        );
        assert_eq!(share_cell("aupro", None, None), "<td class=\"n\" data-column=\"aupro\">-</td>");
    }
}
