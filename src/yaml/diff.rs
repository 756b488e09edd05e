//! What differs between two texts, as `patch` and `git apply` read it.

use std::fmt::Write;

/// Lines around a difference.
const CONTEXT: usize = 3;
/// Beyond this many pairs of lines that differ, all of them count as replaced.
const MOST: usize = 4_000_000;

/// A line of the longer text: how it stands in both.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Both,
    Old,
    New,
}

/// The unified diff of a file; empty when nothing differs.
pub fn unified_diff(file: &str, old: &str, new: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let lines = aligned(&a, &b);
    let changed: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].0 != Side::Both).collect();
    let mut out = String::new();
    for hunk in changed.chunk_by(|i, j| j - i <= 2 * CONTEXT + 1) {
        let (first, last) = (hunk[0], hunk[hunk.len() - 1]);
        let range = first.saturating_sub(CONTEXT)..(last + CONTEXT + 1).min(lines.len());
        let count = |part: &[(Side, &str)], without: Side| part.iter().filter(|(side, _)| *side != without).count();
        let (before, inside) = (&lines[..range.start], &lines[range.clone()]);
        if out.is_empty() {
            let _ = write!(out, "--- {file}\n+++ {file}\n");
        }
        let start = |without: Side| {
            let from = count(before, without);
            let length = count(inside, without);
            format!("{},{length}", if length == 0 { from } else { from + 1 })
        };
        let _ = writeln!(out, "@@ -{} +{} @@", start(Side::New), start(Side::Old));
        for (side, line) in inside {
            let mark = match side {
                Side::Both => ' ',
                Side::Old => '-',
                Side::New => '+',
            };
            let _ = write!(out, "{mark}{line}");
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// The lines of both in one order, by a longest common subsequence.
fn aligned<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<(Side, &'t str)> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (old, new) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut lines: Vec<(Side, &str)> = a[..head].iter().map(|line| (Side::Both, *line)).collect();
    let width = new.len() + 1;
    let small = (old.len() + 1) * width <= MOST;
    let mut longest = vec![0u32; if small { (old.len() + 1) * width } else { 0 }];
    for i in (0..old.len()).rev().filter(|_| small) {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if small && i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((Side::Both, old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (!small || j == new.len() || longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            lines.push((Side::Old, old[i]));
            i += 1;
        } else {
            lines.push((Side::New, new[j]));
            j += 1;
        }
    }
    lines.extend(a[a.len() - tail..].iter().map(|line| (Side::Both, *line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as `diff -u` writes.
    #[test]
    fn a_changed_and_a_new_line_stand_in_their_surroundings() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let new = "1\n2\n3\n4\n5 changed\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";
        let expected = "--- m.yaml\n+++ m.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+5 changed\n 6\n 7\n 8\n\
                        @@ -11,3 +11,4 @@\n 11\n 12\n 13\n+14\n";
        assert_eq!(unified_diff("m.yaml", old, new), expected);
        assert_eq!(unified_diff("m.yaml", old, old), "");
    }

    #[test]
    fn a_missing_newline_is_told() {
        let expected = "--- m\n+++ m\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n";
        assert_eq!(unified_diff("m", "a", "a\nb\n"), expected);
    }
}
