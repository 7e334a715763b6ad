//! Printing: what names hold of control characters is escaped, a terminal gets lines and tables that are no wider than it, and a reader
//! that is gone ends nothing.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;
use terminal_size::{Width, terminal_size_of};

use askance::error::{self, Error, Result};
use askance::report::{Table, folded};

use super::wording::{in_flags, table_in_flags};

/// What kept standard output from taking all that was printed, other than a reader that is gone.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints text and a line break on standard output, as it is: a path, or what another program reads.
pub fn text(text: impl std::fmt::Display) {
    out(&escaped(&text.to_string(), |c| format!("\\u{{{:x}}}", u32::from(c))));
}

/// Prints sentences on standard output, with settings as flags.
pub fn prose(sentences: impl std::fmt::Display) {
    let sentences = in_flags(&sentences.to_string());
    text(width(&io::stdout()).map_or_else(|| sentences.clone(), |width| folded(&sentences, width)));
}

/// Prints a table on standard output, with settings as flags.
pub fn table(table: Table) {
    let table = table_in_flags(table);
    text(width(&io::stdout()).map_or_else(|| table.to_text(), |width| table.to_text_within(width)));
}

/// Prints an empty line on standard output.
pub fn space() {
    text("");
}

/// Prints JSON over several lines on standard output.
pub fn json(value: &Value) {
    json_text(&format!("{value:#}"));
}

/// Prints text that is JSON on standard output.
pub fn json_text(text: &str) {
    out(&escaped(text, |c| format!("\\u{:04x}", u32::from(c))));
}

/// Prints sentences and a line break on standard error.
pub fn error(text: impl std::fmt::Display) {
    let text = escaped(&text.to_string(), |c| format!("\\u{{{:x}}}", u32::from(c))).into_owned();
    let text = width(&io::stderr()).map_or_else(|| text.clone(), |width| folded(&text, width));
    // There is nowhere to say that nobody listens.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Columns of the terminal that a stream goes to; none where it goes elsewhere.
#[cfg(unix)]
pub fn width(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    columns(terminal_size_of(stream))
}

/// Columns of the terminal that a stream goes to; none where it goes elsewhere.
#[cfg(windows)]
pub fn width(stream: &impl std::os::windows::io::AsHandle) -> Option<usize> {
    columns(terminal_size_of(stream))
}

/// Fewer than this are used as if they were so many: a word may be as long.
const NARROWEST: usize = 40;

fn columns(size: Option<(Width, terminal_size::Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns).max(NARROWEST))
}

/// Text for a terminal in one line: a name in front of a bar.
pub fn label(text: &str) -> String {
    error::shown(text)
}

/// A path as JSON, with a mark in place of bytes that are no UTF-8.
pub fn path(path: impl AsRef<Path>) -> Value {
    Value::String(path.as_ref().display().to_string())
}

/// Paths as [`path`] writes them.
pub fn paths<P: AsRef<Path>>(paths: &[P]) -> Value {
    paths.iter().map(path).collect()
}

/// Whether all that was printed reached standard output, or its reader went away on purpose.
///
/// # Errors
/// Where it could not be written: a full disk, say.
pub fn finish() -> Result<()> {
    note(io::stdout().flush());
    let failed = FAILED.lock().ok().and_then(|mut failed| failed.take());
    failed.map_or(Ok(()), |cause| {
        let fix = "give it a file or terminal that can be written to; what the command recorded is kept";
        Err(Error::file_caused("standard output", "cannot be written", cause, fix))
    })
}

fn out(text: &str) {
    note(writeln!(io::stdout().lock(), "{text}"));
}

fn note(result: io::Result<()>) {
    if let Err(cause) = result
        && cause.kind() != io::ErrorKind::BrokenPipe
        && let Ok(mut failed) = FAILED.lock()
    {
        failed.get_or_insert(cause);
    }
}

/// `text` with `escape` of each hidden character but line breaks and tabs.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    let hidden = |c: char| error::is_hidden(c) && c != '\n' && c != '\t';
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut said = String::with_capacity(text.len());
    for c in text.chars() {
        let _ = if hidden(c) { said.write_str(&escape(c)) } else { said.write_char(c) };
    }
    Cow::Owned(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_layout_is_kept() {
        let said = |text| escaped(text, |c| format!("\\u{{{:x}}}", u32::from(c))).into_owned();
        assert_eq!(said("esc\u{1b}[31m\u{7}\u{9b}"), "esc\\u{1b}[31m\\u{7}\\u{9b}");
        assert_eq!(said("a\n\tb \u{e9}"), "a\n\tb \u{e9}");
        assert_eq!(said("\u{202e}gnp\u{200b}\u{2028}.exe"), "\\u{202e}gnp\\u{200b}\\u{2028}.exe");
        assert_eq!(label("a\n\tb"), r"a\n\tb");
    }

    #[test]
    fn escaped_json_is_json() {
        let value = Value::String("a\u{9b}\u{1b}\u{7f}b".to_owned());
        let said = escaped(&format!("{value:#}"), |c| format!("\\u{:04x}", u32::from(c))).into_owned();
        assert!(!said.contains(char::is_control), "{said}");
        assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), value);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_any_bytes_is_json() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"r\xff");
        assert_eq!(path(name), "r\u{fffd}");
    }
}
