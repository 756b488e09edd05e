//! Text to nodes, within limits: no text takes long, and none makes us panic.

use super::{Key, Node, Place, Problem, Problems, Value};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, Location, MessageFormatter, Spanned, UserMessageFormatter};
use std::collections::BTreeMap;
use std::fmt;

/// The largest text that is read: 4 MiB, some thirty thousand services.
pub const MAX_BYTES: usize = 4 << 20;

/// Keys, values, lists and maps, those repeated through anchors included.
const MAX_NODES: usize = 500_000;
/// Values repeated through anchors: far more than anyone writes, far fewer than a "billion laughs" needs.
const MAX_REPEATED: usize = 50_000;
/// Maps and lists inside one another. Each takes some 40 kB of stack in a debug build, and a thread has 2 MB.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(text: &str) -> Result<Node, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let problem = Problem::of_file(format!("the file has {} MB", text.len().div_ceil(1_000_000)))
            .hint(format!("a model has at most {} MB", MAX_BYTES / 1_000_000));
        return Err(vec![problem]);
    }
    let raw = match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => raw,
        Err(error) => return Err(vec![explain(text, error.without_snippet())]),
    };
    let problems = Problems::new();
    let root = node(text, raw, &problems);
    match root.value {
        Value::Map(_) => {}
        Value::Null => problems.push(Problem::of_file("the file is empty").hint(SMALLEST)),
        _ => problems
            .push(Problem::at(root.place, format!("a model is a map, but this is {}", root.describe())).hint(SMALLEST)),
    }
    if problems.is_empty() { Ok(root) } else { Err(problems.into_vec()) }
}

/// Reads one value written in a line, such as `8`, `50%` or `{ failure_rate: 50% }`.
pub(super) fn parse_value(text: &str) -> Result<Node, Problem> {
    if text.len() > MAX_BYTES {
        return Err(Problem::of_file("the value is too long"));
    }
    let raw = serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options())
        .map_err(|error| Problem::of_file(format!("`{text}` is not YAML: {}", words(error.without_snippet()))))?;
    let problems = Problems::new();
    let value = node(text, raw, &problems);
    match problems.into_vec().into_iter().next() {
        Some(problem) => Err(Problem { place: None, ..problem }),
        None => Ok(value),
    }
}

const SMALLEST: &str = "the smallest model: `traffic: { rate: 100/s, to: api }` and `services: { api: { work: 5ms } }`";

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        // `y` and `no` are names like any other.
        strict_booleans: true,
        // We find duplicates ourselves: all of them, each with the place of the first.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::AsString,
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: MAX_REPEATED,
        },
        budget: serde_yaml::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            // One anchor used by many services is good style.
            enforce_alias_anchor_ratio: false,
        },
    }
}

/// A value as the YAML crate hands it over. Numbers are cut out of the text later.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_bool<E>(self, b: bool) -> Result<Raw, E> {
                Ok(Raw::Bool(b))
            }

            fn visit_i64<E>(self, n: i64) -> Result<Raw, E> {
                Ok(Raw::Number(n.to_string()))
            }

            fn visit_u64<E>(self, n: u64) -> Result<Raw, E> {
                Ok(Raw::Number(n.to_string()))
            }

            fn visit_i128<E>(self, n: i128) -> Result<Raw, E> {
                Ok(Raw::Number(n.to_string()))
            }

            fn visit_u128<E>(self, n: u128) -> Result<Raw, E> {
                Ok(Raw::Number(n.to_string()))
            }

            fn visit_f64<E>(self, n: f64) -> Result<Raw, E> {
                Ok(Raw::Number(n.to_string()))
            }

            fn visit_str<E>(self, s: &str) -> Result<Raw, E> {
                Ok(Raw::Text(s.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Raw::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                    if entries.len() > MAX_NODES {
                        return Err(A::Error::custom("too many keys"));
                    }
                }
                Ok(Raw::Map(entries))
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

fn node(text: &str, raw: Spanned<Raw>, problems: &Problems) -> Node {
    let place = place(raw.defined);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(b),
        Raw::Number(n) => Value::Number(written(text, place).unwrap_or(n)),
        Raw::Text(s) => Value::Text(s),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(text, item, problems)).collect()),
        Raw::Map(entries) => Value::Map(map(text, entries, problems)),
    };
    Node { place, value }
}

fn map(text: &str, entries: Vec<(Spanned<String>, Spanned<Raw>)>, problems: &Problems) -> Vec<(Key, Node)> {
    let mut seen: BTreeMap<String, Place> = BTreeMap::new();
    let mut unique = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let place = place(key.defined);
        let value = node(text, value, problems);
        match seen.get(&key.value) {
            Some(first) => problems.push(
                Problem::at(place, format!("`{}` is written twice", key.value))
                    .label(format!("first in line {}", first.line))
                    .hint("a key stands once in a map: remove or rename one of them"),
            ),
            None => {
                seen.insert(key.value.clone(), place);
                unique.push((Key { name: key.value, place }, value));
            }
        }
    }
    unique
}

/// A number as it stands in the text, when it is written plainly.
fn written(text: &str, place: Place) -> Option<String> {
    let plain = text.get(place.start..place.end)?.trim();
    (plain.len() <= 64 && plain.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))).then(|| plain.into())
}

fn place(location: Location) -> Place {
    let start = location.span().byte_offset().unwrap_or(0) as usize;
    let length = location.span().byte_len().unwrap_or(0) as usize;
    Place { start, end: start + length, line: location.line() as u32, column: location.column() as u32 }
}

/// The place of a syntax error, for which the library knows line and column only.
fn place_in(text: &str, location: Location) -> Place {
    let mut place = place(location);
    if location.span().byte_offset().is_none() {
        let line_start = match place.line.saturating_sub(1) {
            0 => 0,
            n => text.match_indices('\n').nth(n as usize - 1).map_or(text.len(), |(i, _)| i + 1),
        };
        let column = place.column.saturating_sub(1) as usize;
        place.start = text[line_start..].char_indices().nth(column).map_or(text.len(), |(i, _)| line_start + i);
        place.end = place.start;
    }
    place
}

/// The library's error as a problem of ours, with a hint where experience offers one.
fn explain(text: &str, error: &serde_yaml::Error) -> Problem {
    use serde_yaml::Error;
    let error = match error {
        Error::AliasError { error, .. } => error.without_snippet(),
        other => other,
    };
    let at = error.location().filter(|l| *l != Location::UNKNOWN).map(|l| place_in(text, l));
    let mut problem = Problem { place: at, message: words(error), label: None, hint: None };
    match error {
        Error::Eof { .. } => {
            problem.place = None;
            problem.message = "the file is empty".into();
            problem.hint = Some(SMALLEST.into());
        }
        Error::MultipleDocuments { .. } => {
            problem.message = "the file holds several documents".into();
            problem.hint = Some("a file describes one model: remove what follows `---`".into());
        }
        Error::AliasReplayLimitExceeded { .. } | Error::AliasReplayStackDepthExceeded { .. } => {
            problem.message = format!("anchors repeat more than {MAX_REPEATED} values");
            problem.hint = Some("write less with anchors (`*name`)".into());
        }
        Error::Budget { .. } => {
            problem.message = "the file is too large or too deeply nested".into();
            problem.hint = Some(format!(
                "a model has at most {},000 values, and at most {MAX_DEPTH} maps and lists inside one another",
                MAX_NODES / 1_000
            ));
        }
        Error::UnknownAnchor { .. } => {
            problem.hint = Some("define it first, as `&name`; text that begins with `*` needs quotes".into());
        }
        Error::NullIntoString { .. } => problem.message = "a key is empty".into(),
        _ => problem.hint = syntax_hint(text, at),
    }
    problem
}

/// A guess from the marked line, for syntax errors.
fn syntax_hint(text: &str, at: Option<Place>) -> Option<String> {
    let place = at?;
    let line = text.lines().nth(place.line.saturating_sub(1) as usize)?;
    if line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t') {
        return Some("indent with spaces, not with tabs".into());
    }
    if line.trim_start().starts_with(['@', '`', '%']) || line.contains(": @") || line.contains(": %") {
        return Some("text that begins with `@`, `%` or a back-quote needs quotes".into());
    }
    let until = text[place.start..].find('\n').map_or(text, |i| &text[..place.start + i]);
    let open = |a: char, b: char| until.matches(a).count() as i64 - until.matches(b).count() as i64;
    if open('{', '}') != 0 || open('[', ']') != 0 {
        return Some("each `{` needs its `}`, each `[` its `]`".into());
    }
    if line.matches(": ").count() > 1 && !line.contains('{') {
        return Some("text that contains `: ` needs quotes; several fields in one line need `{ }`".into());
    }
    Some("check the indentation and the `:` of this line and the one before it".into())
}

/// The library's words without place and snippet: one line, lower case, no full stop.
fn words(error: &serde_yaml::Error) -> String {
    let message = UserMessageFormatter.format_message(error);
    let line = message.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let mut chars = line.chars();
    match chars.next() {
        Some(first) if chars.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().collect::<String>() + chars.as_str()
        }
        _ => line.into(),
    }
}
