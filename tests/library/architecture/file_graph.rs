//! Which source file names things of which other one, read from the text: enough of Rust's paths to tell a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The words and signs of a source file that matter to paths. Comments, literals and all other signs are left out or stand as `Other`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Path,
    Open,
    Close,
    Comma,
    End,
    Star,
    Other,
}

/// A name that a `use` brings into a file.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    /// The name under which it is known there; `*` for everything.
    name: String,
    path: Vec<String>,
    /// Whether it is there for others too (`pub use`), and so by itself no sign that the file needs it.
    shown: bool,
}

#[derive(Debug, Default)]
struct File {
    imports: Vec<Import>,
    /// Paths in the code besides `use`; a single word is a path of one.
    paths: BTreeSet<Vec<String>>,
}

/// The files of a crate by module path: `["plot", "bench"]` for `plot/bench.rs` and `plot/bench/mod.rs`.
#[derive(Debug, Default)]
pub struct Graph {
    files: BTreeMap<Vec<String>, File>,
}

impl Graph {
    /// Takes in a file of this place below `src` (`plot/bench/mod.rs`), given without its unit tests.
    pub fn add(&mut self, place: &str, code: &str) {
        let module = place.strip_suffix(".rs").unwrap_or(place);
        let module = module.strip_suffix("/mod").unwrap_or(module);
        self.files.insert(module.split('/').map(str::to_owned).collect(), read(code));
    }

    /// The shortest circle of files below one folder of `src`, from a file back to itself.
    pub fn circle(&self, room: &str) -> Option<Vec<String>> {
        let edges: BTreeMap<&[String], BTreeSet<&[String]>> = self
            .files
            .iter()
            .filter(|(module, _)| module[0] == room)
            .map(|(module, file)| (module.as_slice(), self.needed(module, file)))
            .collect();
        let circles = edges.keys().filter_map(|start| shortest_circle(start, &edges));
        let circle = circles.min_by_key(Vec::len)?;
        Some(circle.into_iter().map(|module| module.join("/")).collect())
    }

    /// The other files that a file needs. What the head of a folder (`mod.rs`) needs of the files below does not count: it lists them.
    fn needed(&self, module: &[String], file: &File) -> BTreeSet<&[String]> {
        let imported = file.imports.iter().filter(|import| !import.shown).map(|import| &import.path);
        let named = imported.chain(&file.paths).filter_map(|path| self.defining(module, path, 0));
        named.filter(|other| !other.starts_with(module)).collect()
    }

    /// The file that defines what `path` means in `module`; `None` for what lies outside the crate, is no item or is a module itself,
    /// of which only the parts that are used count.
    fn defining(&self, module: &[String], path: &[String], depth: usize) -> Option<&[String]> {
        let (first, rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len() - 1].to_vec(),
            _ => return self.member(module, path, depth),
        };
        let mut rest = rest;
        while let [next, others @ ..] = rest
            && next == "super"
        {
            place.pop();
            rest = others;
        }
        self.member(&place, rest, depth)
    }

    /// The file that defines what a path means that begins with a name of `module`.
    fn member(&self, module: &[String], path: &[String], depth: usize) -> Option<&[String]> {
        assert!(depth < 32, "{path:?} in {module:?} leads nowhere");
        let (name, rest) = path.split_first()?;
        let child = [module, std::slice::from_ref(name)].concat();
        let file = self.files.get_key_value(module);
        let import = file.and_then(|(_, file)| file.imports.iter().find(|import| import.name == *name));
        // A module and a function in it may have one name: `pub use survey::survey`.
        if self.files.contains_key(&child) && (import.is_none() || !rest.is_empty()) {
            return self.member(&child, rest, depth);
        }
        // `use name::name` without a module of that name is about another crate.
        let is_inside = |import: &&Import| import.path[0] != *name || self.files.contains_key(&child);
        if let Some(import) = import.filter(is_inside) {
            let whole = [&import.path, rest].concat();
            return self.defining(module, &whole, depth + 1);
        }
        let (own, file) = file?;
        let is_here = file.paths.contains(std::slice::from_ref(name)) || name == "*";
        is_here.then_some(own.as_slice())
    }
}

fn shortest_circle<'g>(
    start: &&'g [String],
    edges: &BTreeMap<&'g [String], BTreeSet<&'g [String]>>,
) -> Option<Vec<&'g [String]>> {
    let mut waiting = VecDeque::from([vec![*start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = waiting.pop_front() {
        for next in edges.get(way.last()?).into_iter().flatten() {
            let longer = [way.as_slice(), &[*next]].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(*next) {
                waiting.push_back(longer);
            }
        }
    }
    None
}

fn read(code: &str) -> File {
    let tokens = tokens(code);
    let mut file = File::default();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Word(word) if word == "use" => {
                let end = at + tokens[at..].iter().position(|token| *token == Token::End).unwrap_or(0);
                let shown = tokens[..at].iter().rev().take(5).find_map(visibility).unwrap_or(false);
                let mut found = Vec::new();
                tree(&mut tokens[at + 1..end].iter().peekable(), &[], &mut found);
                file.imports.extend(found.into_iter().map(|(name, path)| Import { name, path, shown }));
                at = end;
            }
            Token::Word(word) => {
                let mut path = vec![word.clone()];
                while let [Token::Path, Token::Word(next), ..] = &tokens[at + 1..] {
                    path.push(next.clone());
                    at += 2;
                }
                file.paths.insert(path);
            }
            _ => {}
        }
        at += 1;
    }
    file
}

/// Whether a token before a `use` makes it one for others: `pub`, after what may stand between the two.
fn visibility(token: &Token) -> Option<bool> {
    match token {
        Token::Word(word) if word == "pub" => Some(true),
        Token::Word(word) if ["crate", "super", "self", "in"].contains(&word.as_str()) => None,
        Token::Other | Token::Path => None,
        _ => Some(false),
    }
}

type Tokens<'t> = std::iter::Peekable<std::slice::Iter<'t, Token>>;

/// Reads one tree of a `use`: names under which things are known, and their paths.
fn tree(tokens: &mut Tokens<'_>, before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut name = None;
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) if word == "as" => {
                if let Some(Token::Word(word)) = tokens.next() {
                    name = Some(word.clone());
                }
            }
            Token::Word(word) if word == "self" && !path.is_empty() => {}
            Token::Word(word) => path.push(word.clone()),
            Token::Star => path.push("*".to_owned()),
            Token::Open => {
                while !matches!(tokens.peek(), None | Some(Token::Close)) {
                    tree(tokens, &path, found);
                }
                tokens.next();
                // The list ends the path.
                tokens.next_if_eq(&&Token::Comma);
                return;
            }
            Token::Comma => break,
            _ => {}
        }
        if tokens.peek() == Some(&&Token::Close) {
            break;
        }
    }
    if let Some(last) = path.last().cloned() {
        found.push((name.unwrap_or(last), path));
    }
}

fn tokens(code: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(length) = literal(rest) {
            found.push(Token::Other);
            length
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            end
        } else if rest.starts_with("::") {
            found.push(Token::Path);
            2
        } else {
            match c {
                '{' => found.push(Token::Open),
                '}' => found.push(Token::Close),
                ',' => found.push(Token::Comma),
                ';' => found.push(Token::End),
                '*' => found.push(Token::Star),
                _ if c.is_whitespace() => {}
                _ => found.push(Token::Other),
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// Length of the string or character at the beginning of `rest`, if one is there; a lifetime is none.
fn literal(rest: &str) -> Option<usize> {
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    let hashes = raw.map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
    if let Some(raw) = raw.filter(|raw| raw[hashes..].starts_with('"')) {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = rest.len() - raw.len() + hashes + 1;
        return Some(start + rest[start..].find(&end).unwrap_or(0) + end.len());
    }
    let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let mut inside = rest.char_indices().skip(1);
    if quote == '\'' {
        let escaped = rest[1..].starts_with('\\');
        let closed = rest.chars().nth(2) == Some('\'');
        if !escaped && !closed {
            return None;
        }
    }
    while let Some((at, c)) = inside.next() {
        match c {
            '\\' => {
                inside.next();
            }
            _ if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

fn circle_of(files: &[(&str, &str)]) -> Option<Vec<String>> {
    let mut graph = Graph::default();
    for (place, code) in files {
        graph.add(place, code);
    }
    graph.circle("room")
}

#[test]
fn two_files_that_name_each_other_are_a_circle() {
    let head = ("room/mod.rs", "mod a;\nmod b;");
    let one_way = [head, ("room/a.rs", "use super::b::f;\nfn g() {}"), ("room/b.rs", "fn f() {}")];
    assert_eq!(circle_of(&one_way), None);
    for back in
        ["use super::a::g;", "use super::{a::{g}, c};", "fn f() { super::a::g() }", "use crate::room::a::*;"]
    {
        let both = [head, one_way[1], ("room/b.rs", &format!("{back}\nfn f() {{}}"))];
        assert_eq!(circle_of(&both).unwrap(), ["room/a", "room/b", "room/a"], "{back}");
    }
}

#[test]
fn a_name_of_the_head_counts_as_the_file_that_defines_it() {
    let head = ("room/mod.rs", "mod a;\nmod b;\npub use a::g;\npub(crate) use b::{f as h, S};");
    let a = ("room/a.rs", "use super::h;\npub fn g() {}");
    assert_eq!(circle_of(&[head, a, ("room/b.rs", "fn f() {}\nstruct S;")]), None);
    for b in ["use super::g;\nfn f() {}", "use crate::room;\nfn f() { room::g() }", "fn f() { super::g() }"] {
        let circle = circle_of(&[head, a, ("room/b.rs", b)]);
        assert_eq!(circle.unwrap(), ["room/a", "room/b", "room/a"], "{b}");
    }
}

#[test]
fn a_function_may_have_the_name_of_its_module() {
    let head = ("room/mod.rs", "mod a;\nmod b;\npub use a::a;");
    let files = [
        head,
        ("room/a.rs", "use super::b::f;\npub fn a() {}"),
        ("room/b.rs", "use super::a;\nfn f() { a() }"),
    ];
    assert_eq!(circle_of(&files).unwrap(), ["room/a", "room/b", "room/a"]);
}

#[test]
fn what_only_looks_like_a_path_is_none() {
    let looks = "use super::b::f;\nfn g<'a>(_: &'a str) -> char { 'b' }";
    for b in [
        "// super::a::g",
        "/// [`super::a::g`]",
        "const F: &str = \"super::a::g\";",
        "const F: &str = r#\"\"super::a::g\"#;",
    ] {
        let files = [("room/a.rs", looks), ("room/b.rs", &format!("{b}\nfn f() {{}}"))];
        assert_eq!(circle_of(&files), None, "{b}");
    }
}
