//! Models with other numbers where theirs are assumed.

use tenfold::model::Model;
use tenfold::random::Stream;

/// The text of a model in which every number of a line that says `assumed` is drawn anew, between half and double of what it
/// was (evenly on a logarithmic scale). Shares and multiples stay, since they must sum up or say what the trigger is, and so
/// does everything from `slos` on: the trigger is the same. What a cache can hold keeps its share of the keys.
pub fn drawn(text: &str, draw: u32) -> String {
    let mut stream = Stream::new(1, draw, "incidents", "assumed");
    let (mut changed, mut fixed) = (String::new(), false);
    let mut keys = 1.0;
    for line in text.lines() {
        fixed |= line.starts_with("slos:");
        match line.split_once('#') {
            Some((code, comment)) if comment.contains("assumed") && !code.trim().is_empty() && !fixed => {
                let field = code.trim_start();
                let same = field.starts_with("capacity:").then_some(keys);
                let scaled = scaled(code, || same.unwrap_or_else(|| 4f64.powf(stream.unit()) / 2.0), &mut keys);
                changed += &format!("{scaled}#{comment}\n");
            }
            _ => changed += &format!("{line}\n"),
        }
    }
    changed
}

/// What is drawn. A share is not, but for `coherency`, which need not sum up with others.
const UNITS: &[&str] = &["", "k", "M", "us", "ms", "s", "min", "h", "/s", "k/s"];

/// A line with its numbers multiplied; `last` becomes the factor of the last number.
fn scaled(code: &str, mut factor: impl FnMut() -> f64, last: &mut f64) -> String {
    let (mut out, mut rest) = (String::new(), code);
    while let Some(first) = rest.chars().next() {
        let starts = first.is_ascii_digit() && out.ends_with([' ', '[', '{']);
        let word = |c: char| c.is_ascii_alphanumeric() || "./%_-".contains(c);
        let end = if starts || word(first) { rest.find(|c| !word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (token, after) = rest.split_at(end);
        let digits = token.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(token.len());
        let (number, unit) = token.split_at(digits);
        match number.parse::<f64>() {
            Ok(n) if starts && n > 0.0 && (UNITS.contains(&unit) || out.ends_with("coherency: ")) => {
                *last = factor();
                let whole = unit.is_empty() && !number.contains('.');
                out += &if whole { format!("{:.0}", (n * *last).max(1.0)) } else { show(n * *last, unit) };
            }
            _ => out += token,
        }
        rest = after;
    }
    out
}

/// A number that is no count; those are whole, and at least 1.
fn show(n: f64, unit: &str) -> String {
    match unit {
        "k" => format!("{:.0}", n * 1e3),
        "M" => format!("{:.0}", n * 1e6),
        _ => format!("{n:.4}{unit}"),
    }
}

/// The model of a draw, if it can be read: what was drawn may contradict itself.
pub fn model(name: &str, text: &str, draw: u32) -> Option<Model> {
    Model::read(name, &drawn(text, draw)).inspect_err(|problems| println!("{name}, draw {draw}: {problems:?}")).ok()
}

#[test]
fn numbers_that_are_assumed_are_drawn_and_others_are_not() {
    let text =
        "a: { n: 8, t: 100ms }   # assumed\nb: 9\nmix: { x.y2: 40% } # assumed, 7\nslos:\n  - p99 < 3s   # assumed\n";
    let other = drawn(text, 0);
    let lines: Vec<&str> = other.lines().collect();
    assert_eq!(lines[1..], ["b: 9", "mix: { x.y2: 40% } # assumed, 7", "slos:", "  - p99 < 3s   # assumed"]);
    let n: f64 = lines[0].split_once("n: ").unwrap().1.split_once(',').unwrap().0.parse().unwrap();
    assert!((4.0..=16.0).contains(&n), "{other}");
    let t: f64 = lines[0].split_once("t: ").unwrap().1.split_once("ms").unwrap().0.parse().unwrap();
    assert!((50.0..=200.0).contains(&t) && t != 100.0, "{other}");
}
