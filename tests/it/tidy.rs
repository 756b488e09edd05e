//! House rules, checked over our own source: which room may import which, how long a file may be, what stands at the top
//! level, and that each list equals its directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may import. A room imports from rooms above it only; the front (`kinds`, `model`) and the
/// back (`engine`, `measure`) never import each other and meet in `plan`, which knows neither YAML nor events.
const ARROWS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("yaml", &["units"]),
    ("random", &["units", "yaml"]),
    ("policies", &["units", "yaml", "random"]),
    ("plan", &["units", "random", "policies"]),
    ("graph", &["units", "random", "policies", "plan"]),
    ("faults", &["units", "yaml", "random", "policies", "plan"]),
    ("kinds", &["units", "yaml", "random", "policies", "plan", "graph", "faults"]),
    ("model", &["units", "yaml", "random", "policies", "plan", "graph", "faults", "kinds"]),
    ("engine", &["units", "random", "policies", "plan", "graph", "faults"]),
    ("measure", &["units", "random", "policies", "plan", "graph", "faults", "engine"]),
    ("experiments", &[BEFORE, "kinds", "model", "engine", "measure"]),
    ("findings", &[BEFORE, "kinds", "model", "engine", "measure", "experiments"]),
    ("verify", &[BEFORE, "kinds", "model", "engine", "measure"]),
    ("report", &[BEFORE, "kinds", "model", "engine", "measure", "experiments", "findings", "verify"]),
    ("cli", &[BEFORE, "kinds", "model", "engine", "measure", "experiments", "findings", "verify", "report"]),
    ("guide", &[]),
];

/// Stands for everything up to the line of `graph` and `faults`.
const BEFORE: &str = "units, yaml, random, policies, plan, graph, faults";

/// Rooms whose `mod.rs` holds a list of what the directory holds: the list's name, what every listed file says (and no
/// other does), and how the list names the file.
const LISTS: &[(&str, &str, &str, Listed)] = &[
    ("faults", "FORMS", "pub(super) const FORM: ", Listed::Module),
    ("findings", "LINTS", "declare_lint! {", Listed::Module),
    ("kinds", "SECTIONS", "Kind<'a> for ", Listed::Type),
];

#[derive(Clone, Copy)]
enum Listed {
    /// `&kill::FORM`
    Module,
    /// `Service::read`, which `pub use service::{…, Service}` brings in.
    Type,
}

const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 70;
const LONGEST_MAIN: usize = 60;

/// Functions that may be longer: the interpreter has an arm for each instruction, and reads best as one table.
const EXCEPTIONS: &[(&str, &str)] = &[("src/engine/exec.rs", "exec")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of this extension below `dir`, in order.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

fn ours(extension: &str) -> Vec<PathBuf> {
    ["src", "tests", "examples", "benches"].iter().flat_map(|d| files(&root().join(d), extension)).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The room a file below `src` stands in: its first folder, or its own name.
fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that `text` names by `crate::room` or `crate::{room::…, room}`, comments aside.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        if at > 0 && code[..at].ends_with('$') {
            continue;
        }
        let rest = code[at + found.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => named.extend(heads(group)),
            None => named.extend(first_word(rest)),
        }
    }
    named
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first segments of the paths in a group, up to its closing brace.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut fresh) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && c.is_alphabetic() => {
                heads.extend(first_word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let text =
        "use crate::{plan::{Plan, Edge}, units};\nuse crate::model::Model; // crate::cli\nlet x = crate::yaml::a();";
    let expected: BTreeSet<String> = ["plan", "units", "model", "yaml"].map(String::from).into();
    assert_eq!(rooms_named(text), expected);
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    for path in files(&root().join("src"), "rs") {
        let room = room_of(&path);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: no room is called `{room}`", shown(&path)));
            continue;
        };
        let allowed: BTreeSet<&str> = allowed.iter().flat_map(|a| a.split(", ")).collect();
        for named in rooms_named(&read(&path)) {
            if rooms.contains(named.as_str()) && named != room && !allowed.contains(named.as_str()) {
                wrong.push(format!("{}: `{room}` may not import `{named}`", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn rooms_and_library_agree() {
    let lib = read(&root().join("src/lib.rs"));
    let entries = fs::read_dir(root().join("src")).unwrap();
    for path in entries.map(|e| e.unwrap().path()) {
        let room = room_of(&path);
        if path.is_dir() && fs::read_dir(&path).unwrap().next().is_some() {
            assert!(lib.contains(&format!("mod {room};")), "src/lib.rs does not declare `{room}`");
        }
    }
}

#[test]
fn files_and_functions_stay_short() {
    let mut long = Vec::new();
    for path in ours("rs") {
        let text = read(&path);
        let (lines, limit) = (text.lines().count(), LONGEST_FILE);
        if lines > limit {
            long.push(format!("{}: {lines} lines, at most {limit}", shown(&path)));
        }
        // Tables of cases in tests may be as long as they like.
        let code = if ["tests.rs", "fixture.rs"].iter().any(|name| path.ends_with(name)) {
            ""
        } else {
            text.split("#[cfg(test)]\nmod ").next().unwrap_or("")
        };
        for (name, line, length) in functions(code) {
            let excepted = EXCEPTIONS.contains(&(shown(&path).as_str(), name.as_str()));
            if length > LONGEST_FUNCTION && !excepted {
                long.push(format!("{}:{line}: `{name}` has {length} lines, at most {LONGEST_FUNCTION}", shown(&path)));
            }
        }
    }
    let main = read(&root().join("src/main.rs")).lines().count();
    if main > LONGEST_MAIN {
        long.push(format!("src/main.rs: {main} lines, at most {LONGEST_MAIN}"));
    }
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

/// Name, first line and length of each function; formatted code ends a function with a brace below its beginning.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some((before, after)) = line.trim_start().split_once("fn ") else { continue };
        let qualifiers = ["pub", "pub(super)", "pub(crate)", "const", "async"];
        let declares = before.split_whitespace().all(|w| qualifiers.contains(&w));
        if !declares || line.trim_end().ends_with(['}', ';']) {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let length = lines[i..].iter().position(|l| **l == close).map_or(1, |n| n + 1);
        found.push((first_word(after).unwrap_or_default(), i + 1, length));
    }
    found
}

#[test]
fn the_top_level_holds_what_it_should() {
    const ALLOWED: &[&str] = &[
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "models",
        "examples",
        "benches",
        "tests",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "target",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || ALLOWED.contains(&name.as_str()), "`{name}` does not belong at the top level");
    }
}

#[test]
fn lists_equal_their_directories() {
    for &(room, list, marker, listed) in LISTS {
        let dir = root().join("src").join(room);
        let text = read(&dir.join("mod.rs"));
        // A module that is a folder is its `mod.rs`.
        let stem = |path: &Path| match path.file_stem().unwrap().to_string_lossy() {
            name if name == "mod" => path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned(),
            name => name.into_owned(),
        };
        let direct = |p: &PathBuf| p.parent() == Some(&dir) || p.ends_with("mod.rs");
        let own = dir.join("mod.rs");
        let on_disk: Vec<PathBuf> = files(&dir, "rs").into_iter().filter(|p| direct(p) && *p != own).collect();
        let declared = |l: &str| Some(l.trim().strip_prefix("mod ")?.strip_suffix(';')?.to_owned());
        let declared: BTreeSet<String> = text.lines().filter_map(declared).collect();
        assert_eq!(
            on_disk.iter().map(|p| stem(p)).collect::<BTreeSet<_>>(),
            declared,
            "src/{room}: files and `mod` lines"
        );

        let begin = text.find(&format!("const {list}: ")).unwrap_or_else(|| panic!("src/{room}/mod.rs has no {list}"));
        let body = &text[begin..begin + text[begin..].find("];").unwrap()];
        let named = |path: &Path| match listed {
            Listed::Module => body.contains(&format!("&{}::", stem(path))),
            Listed::Type => body.to_lowercase().contains(&format!("({}::read", stem(path))),
        };
        for path in &on_disk {
            let belongs = read(path).contains(marker);
            assert_eq!(
                belongs,
                named(path),
                "{}: whether it belongs into {list}, and whether it is there",
                shown(path)
            );
        }
        assert!(on_disk.iter().any(|p| named(p)), "{list} is empty");
    }
}

#[test]
fn nothing_unfinished_and_nothing_private_is_left() {
    // Put together here, so that this file does not hold what it looks for.
    let needles = [
        concat!("to", "do!("),
        concat!("unimplemented", "!("),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("/wo", "rk/"),
        concat!(".", "library/"),
        concat!("../", "shared"),
        concat!("cont", "ract.md"),
    ];
    let texts = ours("rs").into_iter().chain(ours("md")).chain(ours("yaml"));
    let papers = ["README.md", "CHANGELOG.md", "Cargo.toml", ".ci/run", ".clippy.toml"].map(|p| root().join(p));
    for path in texts.chain(files(&root().join("models"), "yaml")).chain(papers.into_iter().filter(|p| p.exists())) {
        let text = read(&path);
        for needle in needles {
            assert!(!text.contains(needle), "{} still holds `{needle}`", shown(&path));
        }
    }
}

#[test]
fn everything_unsafe_is_forbidden() {
    assert!(read(&root().join("Cargo.toml")).contains("unsafe_code = \"forbid\""));
}
