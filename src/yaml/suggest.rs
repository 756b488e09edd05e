//! "Did you mean": the nearest of the names that would have been right.

/// The name among `known` that is nearest to `wrong`, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong_chars: Vec<char> = wrong.to_lowercase().replace('-', "_").chars().take(64).collect();
    // A third of the letters may be wrong, but a word of two letters must not become any other.
    let limit = (wrong_chars.len() / 3).max(1);
    known
        .into_iter()
        .filter_map(|name| {
            let chars: Vec<char> = name.to_lowercase().replace('-', "_").chars().take(64).collect();
            let near = distance(&wrong_chars, &chars);
            (near <= limit && near < chars.len()).then_some((near, name))
        })
        .min_by_key(|(near, _)| *near)
        .map(|(_, name)| name)
}

/// `a`, `b` and `c`, with back-quotes; long lists are cut.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 16;
    let names: Vec<String> = names.into_iter().map(|n| format!("`{n}`")).collect();
    match names.as_slice() {
        [] => "nothing".into(),
        [one] => one.clone(),
        [init @ .., last] if names.len() <= SHOWN => format!("{} and {last}", init.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}

/// Edits between two words: insert, remove, replace, or swap neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let known = ["replicas", "concurrency", "queue", "cpu"];
        assert_eq!(did_you_mean("replcias", known), Some("replicas"));
        assert_eq!(did_you_mean("queues", known), Some("queue"));
        assert_eq!(did_you_mean("Concurency", known), Some("concurrency"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("x", known), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
