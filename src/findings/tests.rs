//! Every finding has a model that shows it and a near miss that does not; the list agrees with the folder.

use super::*;

#[test]
fn the_list_agrees_with_the_folder_and_every_finding_explains_itself() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/findings");
    let shared = ["mod", "evidence", "finding", "guard", "tests", "words"];
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    files.sort();
    let codes: Vec<&str> = LINTS.iter().map(|l| l.code).collect();
    assert_eq!(files, codes);
    for lint in LINTS {
        for part in ["What it is:", "Why it is bad:", "How it is judged:", "What is close to it:"] {
            assert!(lint.doc.contains(part), "{} does not say {part}", lint.code);
        }
        assert!(super::lint(lint.code).is_some());
    }
}
