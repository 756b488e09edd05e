//! Changing a document: `services.web.replicas` = `8`.

use super::{Document, Key, Node, Place, Problem, Value, parse};
use std::borrow::Cow;

/// A key as a path writes it: in quotes when it contains a dot (`dependencies."payments.charge"`).
pub fn path_key(name: &str) -> Cow<'_, str> {
    if name.contains(['.', '"']) { format!("\"{}\"", name.replace('"', "\\\"")).into() } else { name.into() }
}

impl Document {
    /// Sets the value at a path, `8`, `2s` or `{ failure_rate: 50% }`. Keys are divided by dots; a key that itself
    /// contains a dot is found as it is, or stands in quotes. Items of lists go by their number from 0, the next number
    /// appends. Missing maps are created on the way.
    pub fn set(&mut self, path: &str, yaml_value: &str) -> Result<(), Problem> {
        let value = parse::parse_value(yaml_value)?;
        if path.trim().is_empty() {
            return Err(Problem::of_file("the path is empty").hint("write a path such as `services.web.replicas`"));
        }
        set(&mut self.root, path.trim(), path, value)
    }

    /// The value at a path, if there is one.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let mut node = &self.root;
        let mut rest = path.trim();
        while !rest.is_empty() {
            node = match &node.value {
                Value::Map(entries) => {
                    let (i, after) = existing(entries, rest)?;
                    rest = after;
                    &entries[i].1
                }
                Value::List(items) => {
                    let (index, after) = rest.split_once('.').unwrap_or((rest, ""));
                    rest = after;
                    items.get(index.parse::<usize>().ok()?)?
                }
                _ => return None,
            };
        }
        Some(node)
    }
}

impl Node {
    /// Its value in one line of YAML, as [`Document::set`] reads it.
    pub fn show(&self) -> String {
        let mut line = String::new();
        self.write(&mut line);
        line
    }

    fn write(&self, line: &mut String) {
        match &self.value {
            Value::Null => line.push('~'),
            Value::Bool(b) => line.push_str(if *b { "true" } else { "false" }),
            Value::Number(n) => line.push_str(n),
            Value::Text(s) => line.push_str(&quoted(s)),
            Value::List(items) => {
                line.push('[');
                for (i, item) in items.iter().enumerate() {
                    line.push_str(if i > 0 { ", " } else { "" });
                    item.write(line);
                }
                line.push(']');
            }
            Value::Map(entries) if entries.is_empty() => line.push_str("{}"),
            Value::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    line.push_str(if i > 0 { ", " } else { "{ " });
                    line.push_str(&quoted(&key.name));
                    line.push_str(": ");
                    value.write(line);
                }
                line.push_str(" }");
            }
        }
    }
}

/// Text with quotes where YAML needs them.
pub fn quoted(s: &str) -> Cow<'_, str> {
    if is_word(s) || is_quantity(s) {
        return s.into();
    }
    let plain = |c: char| c.is_alphanumeric() || "_-./%<>=() ".contains(c);
    let reads_alike = parse::parse_value(s).is_ok_and(|node| node.value == Value::Text(s.into()));
    if reads_alike && s.chars().all(plain) { s.into() } else { format!("{s:?}").into() }
}

/// Whether it reads as text beyond doubt, as nearly all names do: asking the parser about each takes longer than all else.
fn is_word(s: &str) -> bool {
    let special = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "inf", "nan"];
    s.starts_with(|c: char| c.is_ascii_alphabetic())
        && s.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.'))
        && !special.iter().any(|word| s.eq_ignore_ascii_case(word))
}

/// Whether it is digits with a unit, `5ms`, `12.5%` or `100/s`, which is no number in YAML: as most values are.
fn is_quantity(s: &str) -> bool {
    let unit = s.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    s.starts_with(|c: char| c.is_ascii_digit())
        && ["%", "s", "ms", "us", "ns", "min", "h", "/s", "/min", "k/s"].contains(&unit)
}

fn set(node: &mut Node, rest: &str, path: &str, value: Node) -> Result<(), Problem> {
    if rest.is_empty() {
        // Problems with the new value are shown where the old one stands.
        let place = node.place;
        *node = Node { place, ..placed(value, place) };
        return Ok(());
    }
    let place = node.place;
    if node.value == Value::Null {
        node.value = Value::Map(Vec::new());
    }
    match &mut node.value {
        Value::Map(entries) => {
            if let Some((i, after)) = existing(entries, rest) {
                return set(&mut entries[i].1, after, path, value);
            }
            let (name, after) = first_key(rest).ok_or_else(|| {
                Problem::of_file(format!("`{path}` is no path")).hint("a dot or a quote is missing or too many")
            })?;
            let place = entries.last().map_or(place, |(key, _)| key.place);
            entries.push((Key { name, place }, Node { place, value: Value::Null }));
            let last = entries.len() - 1;
            set(&mut entries[last].1, after, path, value)
        }
        Value::List(items) => {
            let (index, after) = rest.split_once('.').unwrap_or((rest, ""));
            let count = items.len();
            match index.parse::<usize>() {
                Ok(i) if i < count => set(&mut items[i], after, path, value),
                Ok(i) if i == count => {
                    items.push(Node { place, value: Value::Null });
                    set(&mut items[i], after, path, value)
                }
                _ => Err(Problem::of_file(format!("`{index}` in `{path}` is no item of the list"))
                    .hint(format!("write a number from 0 to {count}; {count} appends"))),
            }
        }
        _ => {
            let problem = Problem::at(place, format!("`{path}` leads through a value that is no map"));
            Err(problem.hint(format!("here stands {}; leave out `.{rest}` to replace it", node.describe())))
        }
    }
}

/// The entry whose key the path begins with, the longest if there are several, and the rest of the path.
pub(super) fn existing<'p>(entries: &[(Key, Node)], rest: &'p str) -> Option<(usize, &'p str)> {
    if rest.starts_with(['"', '\'']) {
        let (name, after) = first_key(rest)?;
        let i = entries.iter().position(|(key, _)| key.name == name)?;
        return Some((i, after));
    }
    let fits = |name: &str| match rest.strip_prefix(name) {
        Some("") => Some(""),
        Some(after) => after.strip_prefix('.').filter(|after| !after.is_empty()),
        None => None,
    };
    let found = entries.iter().enumerate().filter_map(|(i, (key, _))| fits(&key.name).map(|after| (i, after)));
    // The shorter the rest, the longer the key.
    found.min_by_key(|(_, after)| after.len())
}

/// The first key of a path, without its quotes, and what follows; `None` when there is none.
pub(super) fn first_key(rest: &str) -> Option<(String, &str)> {
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'');
    let (name, after) = match quote {
        Some(q) => {
            let end = rest[1..].find(q)? + 1;
            (&rest[1..end], &rest[end + 1..])
        }
        None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
    };
    let after = match after.strip_prefix('.') {
        Some("") => return None,
        Some(after) => after,
        None if after.is_empty() => "",
        None => return None,
    };
    (!name.is_empty()).then(|| (name.into(), after))
}

fn placed(node: Node, place: Place) -> Node {
    let value = match node.value {
        Value::List(items) => Value::List(items.into_iter().map(|n| placed(n, place)).collect()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|(k, n)| (Key { name: k.name, place }, placed(n, place))).collect())
        }
        other => other,
    };
    Node { place, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "services:\n  orders:\n    replicas: 3\n    dependencies:\n      payments: { timeout: 2s }\n      payments.charge: { timeout: 1s }\n  web:\ntraffic:\n  mix: [a, b]\n";

    fn after(path: &str, value: &str) -> Result<Document, Problem> {
        let mut document = Document::parse("m.yaml", MODEL).expect("it is valid");
        document.set(path, value).map(|()| document)
    }

    #[test]
    fn values_are_replaced_and_maps_created_on_the_way() {
        for (path, value, shown) in [
            ("services.orders.replicas", "8", "8"),
            ("services.orders.dependencies.payments.timeout", "5s", "5s"),
            ("services.orders.dependencies.payments.charge.timeout", "5s", "5s"),
            ("services.orders.dependencies.\"payments.refund\".timeout", "5s", "5s"),
            ("services.orders.dependencies.payments.circuit_breaker", "{ failure_rate: 50% }", "{ failure_rate: 50% }"),
            ("services.web.dependencies.orders.retry.attempts", "2", "2"),
            ("traffic.mix.1", "c", "c"),
            ("traffic.mix.2", "{ x: [1, '2'] }", "{ x: [1, \"2\"] }"),
        ] {
            let document = after(path, value).unwrap_or_else(|p| panic!("{path}: {p:?}"));
            assert_eq!(document.get(path).map(Node::show).as_deref(), Some(shown), "{path}");
            assert_eq!(document.text, MODEL);
        }
        let document = after("services.orders.dependencies.payments.charge.timeout", "5s").unwrap();
        assert_eq!(document.get("services.orders.dependencies.payments.timeout").unwrap().show(), "2s");
        assert_eq!(
            document.get("services.orders.dependencies").unwrap().show(),
            "{ payments: { timeout: 2s }, payments.charge: { timeout: 5s } }"
        );
    }

    #[test]
    fn what_is_written_reads_as_the_same_text() {
        let words = [
            "orders", "a-b_c9", "True", "NO", "null", "nan", "e5", "x", "~", "1e5", "0x1f", "2s", "", " a", "a: b",
            "- a",
        ];
        for word in words {
            let node = parse::parse_value(&quoted(word)).expect("it is valid");
            assert_eq!(node.value, Value::Text(word.into()), "{word:?} is written {}", quoted(word));
        }
        assert_eq!(quoted("payments"), "payments");
        assert_eq!(quoted("true"), "\"true\"");
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        for (path, value, message) in [
            (
                "services.orders.replicas.min",
                "8",
                "`services.orders.replicas.min` leads through a value that is no map",
            ),
            ("traffic.mix.7", "c", "`7` in `traffic.mix.7` is no item of the list"),
            ("services..x", "c", "`services..x` is no path"),
            ("services.new.", "c", "`services.new.` is no path"),
            ("", "c", "the path is empty"),
        ] {
            assert_eq!(after(path, value).unwrap_err().message, message);
        }
        assert!(after("services.orders.replicas", "{ a: ").unwrap_err().message.contains("is not YAML"));
    }
}
