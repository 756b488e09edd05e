//! Every YAML block that is published is a whole model and is read without a problem; every command that is shown exists.

use std::fs;
use std::path::{Path, PathBuf};
use tenfold::model::{MODEL_SHAPE, Model};
use tenfold::yaml::{self, Shape, Visit};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page with blocks of YAML, and every shipped model.
pub fn models_and_pages() -> Vec<PathBuf> {
    models().into_iter().chain(pages()).collect()
}

/// The shipped models, the incidents among them.
fn models() -> Vec<PathBuf> {
    let folders = ["models", "models/incidents", "models/patterns"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut models: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    models.sort();
    models
}

pub fn pages() -> Vec<PathBuf> {
    let folders = ["src/guide", "src/guide/language"].map(|folder| root().join(folder));
    let guide = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().map(|e| e.unwrap().path());
    let mut pages: Vec<PathBuf> = guide.filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// Blocks of this language, with the line they begin on.
pub fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let (mut found, mut open): (Vec<(usize, String)>, bool) = (Vec::new(), false);
    let mut ours = false;
    for (i, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if open => open = false,
            Some(info) => {
                open = true;
                ours = info.trim() == language;
                if ours {
                    found.push((i + 2, String::new()));
                }
            }
            None if open && ours => {
                let block = &mut found.last_mut().unwrap().1;
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    found
}

#[test]
fn every_yaml_block_is_a_model() {
    let mut read = 0;
    for page in pages() {
        for (line, text) in blocks(&fs::read_to_string(&page).unwrap(), "yaml") {
            let name = format!("{}:{line}", page.strip_prefix(root()).unwrap().display());
            if let Err(problems) = Model::read(&name, &text) {
                panic!("\n{}", yaml::render(&name, &text, &problems, false));
            }
            read += 1;
        }
    }
    assert!(read >= 10, "only {read} blocks were found");
}

fn shapes() -> Vec<&'static Shape> {
    let shape = |visit: Visit| if let Visit::Shape(shape) = visit { Some(shape) } else { None };
    MODEL_SHAPE.walk().into_iter().filter_map(shape).collect()
}

/// The page with the tables of fields between `<!-- fields: NAME -->` and `<!-- end -->` written anew.
fn with_tables(page: &str, shown: &mut Vec<String>) -> String {
    let mut text = String::new();
    let mut skipping = false;
    for line in page.split_inclusive('\n') {
        skipping &= line.trim() != "<!-- end -->";
        if !skipping {
            text.push_str(line);
        }
        if let Some(name) = line.trim().strip_prefix("<!-- fields: ").and_then(|rest| rest.strip_suffix(" -->")) {
            let shape = shapes().into_iter().find(|shape| shape.name == name);
            text.push_str(&yaml::table(shape.unwrap_or_else(|| panic!("there is no shape `{name}`"))));
            shown.push(name.to_owned());
            skipping = true;
        }
    }
    text
}

/// The reference says of each field what the shapes say. `TENFOLD_WRITE=1 cargo test tables` writes the tables anew.
#[test]
fn the_tables_of_the_reference_are_those_of_the_shapes() {
    let (mut shown, mut old) = (Vec::new(), Vec::new());
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let fresh = with_tables(&text, &mut shown);
        if fresh != text {
            old.push(page.display().to_string());
            if std::env::var_os("TENFOLD_WRITE").is_some() {
                fs::write(&page, fresh).unwrap();
            }
        }
    }
    assert!(old.is_empty(), "out of date, write them by `TENFOLD_WRITE=1 cargo test tables`: {old:?}");
    let missing: Vec<&str> = shapes().iter().map(|s| s.name).filter(|name| !shown.iter().any(|s| s == name)).collect();
    assert!(missing.is_empty(), "without a table in the reference: {missing:?}");
}

/// The guide lists every finding there is, with what it says of itself.
#[test]
fn the_tables_of_findings_are_those_of_the_list() {
    let page = root().join("src/guide/findings.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once("<!-- findings -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let mut table = String::from("| Code | Told from | What it is |\n| --- | --- | --- |\n");
    for lint in tenfold::findings::LINTS {
        let from = if lint.is_static { "model" } else { "runs" };
        table.push_str(&format!("| `{}` | {from} | {} |\n", lint.code, lint.summary()));
    }
    let fresh = format!("{before}<!-- findings -->\n{table}<!-- end -->{after}");
    if std::env::var_os("TENFOLD_WRITE").is_some() {
        fs::write(&page, &fresh).unwrap();
    }
    assert!(fresh == text, "out of date, write it by `TENFOLD_WRITE=1 cargo test tables`");
}

#[test]
fn every_shipped_model_says_what_it_shows_and_is_read_without_a_problem() {
    for path in models() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{}: begins with a comment that says what it shows", path.display());
        assert!(text.contains("What it shows"), "{}", path.display());
        if let Err(problems) = Model::read(&path.display().to_string(), &text) {
            panic!("\n{}", yaml::render(&path.display().to_string(), &text, &problems, false));
        }
    }
}

/// The README's two commands are those that are tested for real.
#[test]
fn the_readme_names_the_commands_that_are_run() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.contains("cargo run --release -- models/shop.yaml --load 10x"));
    assert!(readme.contains("cargo test"));
    assert!(script.contains("-- models/shop.yaml --load 10x"));
}

/// Models written for version 0.1 are read by every later version: the shipped ones, and every block of its reference.
#[test]
fn old_models_are_still_read() {
    let old = root().join("tests/it/old");
    let text = |name: &str| fs::read_to_string(old.join(name)).unwrap();
    let mut models = vec![(1, text("shop.yaml")), (1, text("online-boutique.yaml"))];
    models.extend(blocks(&text("language.md"), "yaml"));
    assert!(models.len() > 10, "{}", models.len());
    for (line, text) in models {
        if let Err(problems) = Model::read("old.yaml", &text) {
            panic!("line {line}:\n{}", yaml::render("old.yaml", &text, &problems, false));
        }
    }
}

#[test]
fn blocks_are_found() {
    let text = "a\n```yaml\nx: 1\n```\n```text\ny\n```\n```yaml\nz: 2\n```\n";
    assert_eq!(blocks(text, "yaml"), [(3, "x: 1\n".to_owned()), (9, "z: 2\n".to_owned())]);
}
