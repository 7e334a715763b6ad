//! Text over several lines.

/// The words of a line, each with the spaces in front of it: what stands in backticks is one word, so that a command can be copied.
fn words(line: &str) -> Vec<(usize, &str)> {
    let (mut words, mut start, mut end, mut quoted) = (Vec::new(), None, 0, false);
    for (at, letter) in line.char_indices() {
        if letter == ' ' && !quoted {
            if let Some(start) = start.take() {
                words.push((start - end, &line[start..at]));
                end = at;
            }
            continue;
        }
        start.get_or_insert(at);
        if letter == '`' {
            // Without its partner a backtick is a letter like others.
            quoted = !quoted && line[at + 1..].contains('`');
        }
    }
    words.extend(start.map(|start| (start - end, &line[start..])));
    words
}

/// Where a line goes on: below the second word where that stands apart, as in a list of names and values, else two letters further in.
fn hanging(words: &[(usize, &str)]) -> usize {
    match words {
        [(indent, name), (gap, _), ..] if *gap > 1 => indent + name.chars().count() + gap,
        [(indent, _), ..] => indent + 2,
        [] => 0,
    }
}

fn folded_line(line: &str, width: usize) -> String {
    let words = words(line);
    let hanging = hanging(&words);
    let (mut said, mut length) = (String::new(), 0);
    for (at, &(gap, word)) in words.iter().enumerate() {
        let letters = word.chars().count();
        let gap = if at > 0 && length > hanging && length + gap + letters > width {
            said.push('\n');
            length = 0;
            hanging
        } else {
            gap
        };
        said.extend(std::iter::repeat_n(' ', gap));
        said.push_str(word);
        length += gap + letters;
    }
    said
}

/// A text whose lines have no more letters than `width`, as far as they have spaces.
pub fn folded(text: &str, width: usize) -> String {
    let lines = text.split('\n').map(|line| match line.chars().count() <= width {
        true => line.to_owned(),
        false => folded_line(line, width),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_go_on_further_in() {
        assert_eq!(
            folded("one two three\n  fix: four five six", 13),
            "one two three\n  fix: four\n    five six"
        );
        assert_eq!(folded("one two  three", 9), "one two\n  three");
        assert_eq!(folded("size  one  two three", 10), "size  one\n      two\n      three");
        assert_eq!(folded("short  as it was", 16), "short  as it was");
        assert_eq!(folded("é é é é é", 9), "é é é é é");
    }

    #[test]
    fn what_has_no_space_or_stands_in_backticks_stays_whole() {
        assert_eq!(folded("see results/a/very/long/path now", 10), "see\n  results/a/very/long/path\n  now");
        assert_eq!(
            folded("say `askance eval parts now` then go", 12),
            "say\n  `askance eval parts now`\n  then go"
        );
        assert_eq!(folded("version `GLIBC 2.99 is away", 12), "version\n  `GLIBC\n  2.99 is\n  away");
    }
}
