//! What is changed at random: the shipped models, and the small ones that the reference of the language shows.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A model as text and as a tree.
pub type Seed = (String, Value);

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped models.
pub fn shipped() -> &'static [Seed] {
    static SHIPPED: OnceLock<Vec<Seed>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let folders = ["models", "models/patterns", "models/incidents"];
        folders.iter().flat_map(|folder| texts(folder, "yaml")).map(seed).collect()
    })
}

/// The models in the reference, a screen at most, with every word of the language among them.
pub fn small() -> &'static [Seed] {
    static SMALL: OnceLock<Vec<Seed>> = OnceLock::new();
    SMALL.get_or_init(|| {
        let pages = texts("src/guide/language", "md");
        let blocks = pages.iter().flat_map(|page| page.split("```yaml\n").skip(1));
        blocks.map(|block| seed(block.split("```").next().expect("a block ends").to_owned())).collect()
    })
}

fn seed(text: String) -> Seed {
    let options = serde_yaml::options! { strict_booleans: true };
    let tree = serde_yaml::from_str_with_options(&text, options).expect("a tree");
    (text, tree)
}

/// The files of a folder, in the order of their names.
fn texts(folder: &str, ends: &str) -> Vec<String> {
    let files = std::fs::read_dir(root().join(folder)).expect("a folder of models");
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == ends));
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).expect("a model")).collect()
}
