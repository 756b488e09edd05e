//! Changing a document's text, so that its comments and its layout stay: the least edit that does what
//! [`Document::set`](super::Document::set) does. Every edit is read back and compared with that; where no small edit
//! gives the same document (an anchor that others use, a block that would have to go), there is none.

use super::set::{existing, first_key};
use super::{Document, Key, Node, Value, path_key};

impl Document {
    /// The text with changes, each a path and a value as [`Document::set`] takes them; `None` when it cannot be edited.
    /// Starts from the text, so changes made to the document before are not in it.
    pub fn edited(&self, changes: &[(&str, &str)]) -> Option<String> {
        let mut document = Document::parse(&self.file, &self.text).ok()?;
        for (path, value) in changes {
            let mut wanted = document.clone();
            wanted.set(path, value).ok()?;
            let text = edit(&document.text, &document.root, path.trim(), value)?;
            let changed = Document::parse(&document.file, &text).ok()?;
            if changed.root.show() != wanted.root.show() {
                return None;
            }
            document = changed;
        }
        Some(document.text)
    }
}

fn edit(text: &str, node: &Node, rest: &str, value: &str) -> Option<String> {
    if rest.is_empty() {
        let (start, end) = span(text, node)?;
        return Some(format!("{}{value}{}", &text[..start], &text[end..]));
    }
    match &node.value {
        Value::Map(entries) => match existing(entries, rest) {
            Some((i, after)) => edit(text, &entries[i].1, after, value),
            None => insert(text, node, entries, &line(rest, value)?),
        },
        Value::List(items) => {
            let (index, after) = rest.split_once('.').unwrap_or((rest, ""));
            edit(text, items.get(index.parse::<usize>().ok()?)?, after, value)
        }
        _ => None,
    }
}

/// `a.b.c` and a value as `a: { b: { c: value } }`.
fn line(rest: &str, value: &str) -> Option<String> {
    let (key, after) = first_key(rest)?;
    let key = if path_key(&key).starts_with('"') { format!("{key:?}") } else { key };
    match after {
        "" => Some(format!("{key}: {value}")),
        after => Some(format!("{key}: {{ {} }}", line(after, value)?)),
    }
}

/// Where a scalar, or a map or list in brackets, stands.
fn span(text: &str, node: &Node) -> Option<(usize, usize)> {
    let start = node.place.start;
    match node.value {
        Value::Null => None,
        Value::Map(_) | Value::List(_) => Some((start, closing(text, start)? + 1)),
        _ => {
            let written = text.get(start..node.place.end)?.trim_end();
            (!written.is_empty()).then_some((start, start + written.len()))
        }
    }
}

/// The bracket that closes the one at `start`; brackets in quotes and comments do not count.
fn closing(text: &str, start: usize) -> Option<usize> {
    let (mut depth, mut quote, mut comment, mut before) = (0, None, false, ' ');
    for (at, c) in text.get(start..)?.char_indices() {
        match (quote, c) {
            _ if comment => comment = c != '\n',
            (Some(q), c) => quote = (c != q).then_some(q),
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => comment = before.is_whitespace(),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(start + at);
        }
        before = c;
    }
    None
}

/// A new entry behind the last one of a map.
fn insert(text: &str, map: &Node, entries: &[(Key, Node)], line: &str) -> Option<String> {
    if text.get(map.place.start..)?.starts_with('{') {
        let end = closing(text, map.place.start)?;
        let before = text[..end].trim_end();
        let comma = if entries.is_empty() { "" } else { "," };
        return Some(format!("{before}{comma} {line} {}", &text[end..]));
    }
    let (last, _) = entries.last()?;
    let indent = last.place.column as usize - 1;
    let end = block_end(text, last.place.start, indent);
    let newline = if text[..end].ends_with('\n') { "" } else { "\n" };
    Some(format!("{}{newline}{}{line}\n{}", &text[..end], " ".repeat(indent), &text[end..]))
}

/// Behind the last line of the entry whose key stands at `start`: deeper lines, and lists at its own depth, belong to it;
/// comments and blank lines behind it do not.
fn block_end(text: &str, start: usize, indent: usize) -> usize {
    let mut end = start;
    let mut at = start;
    for (i, line) in text[start..].split_inclusive('\n').enumerate() {
        at += line.len();
        let content = line.trim_start();
        if i == 0 {
            end = at;
            continue;
        }
        if content.trim().is_empty() || content.starts_with('#') {
            continue;
        }
        let depth = line.len() - content.len();
        if depth > indent || (depth == indent && content.starts_with("- ")) {
            end = at;
        } else {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# What we run.
services:
  web:
    replicas: 4        # enough for today
    dependencies:
      orders: { timeout: 60s }   # patient
      # nothing else

  orders:
    endpoints:
      show: [ { work: 3ms } ]

traffic: { rate: 3/s, to: web }  # it ends here";

    fn edited(changes: &[(&str, &str)]) -> Option<String> {
        Document::parse("m.yaml", TEXT).unwrap().edited(changes)
    }

    #[test]
    fn only_what_changes_is_touched() {
        let one = edited(&[("services.web.replicas", "12")]).unwrap();
        assert_eq!(one, TEXT.replace("replicas: 4 ", "replicas: 12 "));
        let two = edited(&[("services.web.dependencies.orders.bulkhead", "21")]).unwrap();
        assert_eq!(two, TEXT.replace("60s }", "60s, bulkhead: 21 }"));
        let three = edited(&[("services.orders.replicas", "2"), ("services.orders.cpu", "1")]).unwrap();
        assert_eq!(three, TEXT.replace("3ms } ]\n", "3ms } ]\n    replicas: 2\n    cpu: 1\n"));
    }

    #[test]
    fn missing_maps_are_written_on_the_way() {
        let text = edited(&[("services.orders.dependencies.db.circuit_breaker", "{ window: 10s }")]).unwrap();
        let line = "    dependencies: { db: { circuit_breaker: { window: 10s } } }\n";
        assert_eq!(text, TEXT.replace("3ms } ]\n", &format!("3ms }} ]\n{line}")));
        let end = edited(&[("limits.replicas", "9")]).unwrap();
        assert_eq!(end, format!("{TEXT}\nlimits: {{ replicas: 9 }}\n"));
    }

    #[test]
    fn keys_with_dots_stay_in_quotes() {
        let text = edited(&[("services.web.dependencies.\"orders.show\".timeout", "1s")]).unwrap();
        assert!(text.contains("60s }   # patient\n      \"orders.show\": { timeout: 1s }\n"), "{text}");
    }

    /// The anchor is used twice: a change where it is written would change both.
    #[test]
    fn what_would_change_something_else_is_refused() {
        let text = "a: &x { n: 1 }\nb: *x\n";
        let document = Document::parse("m.yaml", text).unwrap();
        assert_eq!(document.edited(&[("b.n", "2")]), None);
        assert_eq!(document.edited(&[("a.n", "2")]), None);
    }
}
