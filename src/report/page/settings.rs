//! What a run was, folded.

use std::fmt::Write as _;

use super::PageRun;
use super::html::escape;

/// Everything in `run.toml` by the name of its setting.
pub(super) fn settings(run: &PageRun) -> String {
    let mut lines = String::new();
    if let Ok(table) = toml::Table::try_from(&run.info) {
        flatten("", &table, &mut lines);
    }
    format!(
        "<details><summary>{}</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Settings\"><table class=\"settings\"><tbody>{lines}</tbody></table></div></details>",
        escape(&format!(
            "{}: askance {}, seed {}, {}",
            run.name, run.info.version, run.info.seed, run.info.started
        ))
    )
}

fn flatten(prefix: &str, table: &toml::Table, lines: &mut String) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&name, inner, lines),
            toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
                for (place, value) in values.iter().enumerate() {
                    if let Some(inner) = value.as_table() {
                        flatten(&format!("{name}[{place}]"), inner, lines);
                    }
                }
            }
            toml::Value::String(text) => line(&name, text, lines),
            other => line(&name, &other.to_string(), lines),
        }
    }
}

fn line(name: &str, value: &str, lines: &mut String) {
    let _ = write!(lines, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape(name), escape(value));
}
