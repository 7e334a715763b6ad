//! What records say of this program.

use git_version::git_version;

use askance::study::Origin;

/// The commit's hash in a source archive, where git puts it in place of the text.
const OF_ARCHIVE: &str = include_str!("commit.txt");
/// The commit's hash in a clone or a work tree; empty elsewhere.
const OF_CLONE: &str = git_version!(args = ["--always", "--abbrev=40", "--exclude=*"], fallback = "");

/// The command line of this process, with a mark in place of bytes that are no UTF-8, and the commit that the program was built from.
pub fn origin() -> Origin {
    let words: Vec<_> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    Origin { command: words.join(" "), commit: commit().map(str::to_owned), shard_from: None }
}

/// The full hash of the commit that the program was built from; `None` where neither git nor the archive tells it.
fn commit() -> Option<&'static str> {
    let of_archive = OF_ARCHIVE.trim_end();
    let commit = if of_archive.starts_with('$') { OF_CLONE } else { of_archive };
    (!commit.is_empty()).then_some(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_a_whole_hash() {
        if let Some(commit) = commit() {
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{commit}");
        }
    }
}
