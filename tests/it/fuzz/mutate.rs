//! Models changed at random: as trees, along the descriptions of the language, so that most changes mean something; and as
//! text, so that few do.

use super::draw::Dice;
use serde_json::Value;
use tenfold::model::MODEL_SHAPE;
use tenfold::yaml::{Shape, Takes};

/// Words that a text is spoilt with.
const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "|",
    "%",
    "5ms",
    "-1",
    "1e99",
    "10x",
    "web",
    "traffic",
    "services",
    "#",
    "\"",
    "'",
    "\t",
    "\u{fffd}",
    "---",
    "null",
    "~",
    "=",
    "?",
    "!!str",
    "unlimited",
    "{ p50: 1ms, p99: 9ms }",
];

/// Changes something in a model.
pub fn tree(dice: &mut Dice, model: &mut Value) {
    let names = names(model);
    in_map(dice, model, &MODEL_SHAPE, &names);
}

/// Components, and what they offer.
fn names(model: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for section in ["services", "databases", "caches", "queues", "external"] {
        for (name, component) in model.get(section).and_then(Value::as_object).into_iter().flatten() {
            all.push(name.clone());
            for inner in ["endpoints", "queries"] {
                let offered = component.get(inner).and_then(Value::as_object).into_iter().flatten();
                all.extend(offered.map(|(endpoint, _)| format!("{name}.{endpoint}")));
            }
        }
    }
    all
}

/// Changes something in a place that takes this.
fn place(dice: &mut Dice, value: &mut Value, takes: &'static Takes, names: &[String]) {
    match takes {
        Takes::Alias(alias) => place(dice, value, &alias.takes, names),
        Takes::Any(several) if dice.chance(0.8) => match several.iter().find(|one| fits(value, one)) {
            Some(one) => place(dice, value, one, names),
            None => *value = dice.value(takes, names, 0),
        },
        Takes::Map(shape) if value.is_object() && dice.chance(0.95) => in_map(dice, value, shape, names),
        Takes::Named(inner) if value.is_object() && dice.chance(0.95) => in_entries(dice, value, inner, names),
        Takes::List(inner) if value.is_array() && dice.chance(0.95) => in_list(dice, value, inner, names),
        takes => *value = dice.value(takes, names, 0),
    }
}

/// Whether a value could stand for this: by its form alone.
fn fits(value: &Value, takes: &'static Takes) -> bool {
    match takes {
        Takes::Alias(alias) => fits(value, &alias.takes),
        Takes::Any(several) => several.iter().any(|one| fits(value, one)),
        Takes::Map(shape) => value.as_object().is_some_and(|map| map.keys().all(|key| shape.field(key).is_some())),
        Takes::Named(_) => value.is_object(),
        Takes::List(_) => value.is_array(),
        _ => !value.is_object() && !value.is_array(),
    }
}

fn in_map(dice: &mut Dice, value: &mut Value, shape: &'static Shape, names: &[String]) {
    let Some(map) = value.as_object_mut() else { return };
    let keys: Vec<String> = map.keys().cloned().collect();
    let known = |key: &String| shape.field(key).is_some();
    match dice.below(10) {
        0..=5 if keys.iter().any(known) => {
            let there: Vec<&String> = keys.iter().filter(|key| known(key)).collect();
            let key = *dice.pick(&there);
            if let (Some(field), Some(value)) = (shape.field(key), map.get_mut(key)) {
                place(dice, value, &field.takes, names);
            }
        }
        6 if !keys.is_empty() => {
            map.shift_remove(dice.pick(&keys));
        }
        _ => {
            let fields: Vec<_> = shape.all_fields().collect();
            let field = *dice.pick(&fields);
            map.insert(field.name.into(), dice.value(&field.takes, names, 1));
        }
    }
}

fn in_entries(dice: &mut Dice, value: &mut Value, inner: &'static Takes, names: &[String]) {
    let Some(map) = value.as_object_mut() else { return };
    let keys: Vec<String> = map.keys().cloned().collect();
    if keys.is_empty() {
        return;
    }
    let key = dice.pick(&keys);
    match dice.below(8) {
        0 => {
            map.shift_remove(key);
        }
        1 => {
            let copy = map[key].clone();
            map.insert(format!("{key}-2"), copy);
        }
        2 if !names.is_empty() => {
            map.insert(dice.pick(names).clone(), dice.value(inner, names, 1));
        }
        _ => place(dice, &mut map[key], inner, names),
    }
}

fn in_list(dice: &mut Dice, value: &mut Value, inner: &'static Takes, names: &[String]) {
    let Some(list) = value.as_array_mut() else { return };
    let at = dice.below(list.len());
    match dice.below(6) {
        0 if !list.is_empty() => {
            list.remove(at);
        }
        1 => list.push(dice.value(inner, names, 1)),
        2 if !list.is_empty() => list.push(list[at].clone()),
        _ if !list.is_empty() => place(dice, &mut list[at], inner, names),
        _ => {}
    }
}

/// Spoils a text.
pub fn text(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // Mostly one change: after several, little but the first is looked at.
    for _ in 0..*dice.pick(&[1, 1, 1, 2, 3, 6]) {
        if lines.is_empty() {
            break;
        }
        let (at, other) = (dice.below(lines.len()), dice.below(lines.len()));
        match dice.below(7) {
            0 => {
                lines.remove(at);
            }
            1 => lines.swap(at, other),
            2 => lines.insert(at, lines[other].clone()),
            3 => lines[at].insert_str(0, "  "),
            4 => lines.truncate(at),
            5 => {
                let mut characters: Vec<char> = lines[at].chars().collect();
                let place = dice.below(characters.len());
                if let Some(character) = characters.get_mut(place) {
                    *character = char::from_u32(dice.below(0x180) as u32).unwrap_or('?');
                }
                lines[at] = characters.into_iter().collect();
            }
            _ => {
                let places: Vec<usize> = lines[at].char_indices().map(|(place, _)| place).collect();
                let place = if places.is_empty() { 0 } else { *dice.pick(&places) };
                let word: &str = dice.pick::<&str>(WORDS);
                lines[at].insert_str(place, word);
            }
        }
    }
    lines.join("\n")
}
