//! Values drawn at random for whatever may stand in a place of the language, by the same descriptions from which its schema and
//! its reference come: a field that is added is drawn from then on.

use serde_json::{Map, Value, json};
use tenfold::random::Stream;
use tenfold::yaml::{Shape, Takes};

/// Maps and lists inside one another that are drawn, at most.
const DEEPEST: u32 = 5;

const DURATIONS: &[&str] = &["0s", "1ns", "1us", "500us", "1ms", "5ms", "20ms", "100ms", "1s", "2s", "30s", "1h"];
const RATES: &[&str] = &["0.5/s", "5/s", "20/s", "100/s", "1k/s", "30/min"];
const SHARES: &[&str] = &["0%", "1%", "10%", "50%", "90%", "100%"];
const FACTORS: &[&str] = &["0.5x", "1x", "2x", "10x"];
const EXPECTATIONS: &[&str] =
    &["success >= 99%", "p99 < 1s", "p50 < 10ms during fault", "recovers within 10s", "no P0"];

/// Draws.
pub struct Dice(Stream);

impl Dice {
    /// Those of one execution.
    pub fn new(seed: u64, execution: u32) -> Dice {
        Dice(Stream::new(seed, execution, "fuzz", "execution"))
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0.below(n.max(1) as u32) as usize
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.0.chance(p)
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// Something for this place; `names` are those of components and of their endpoints.
    pub fn value(&mut self, takes: &'static Takes, names: &[String], depth: u32) -> Value {
        match takes {
            Takes::Duration => json!(self.pick(DURATIONS)),
            Takes::Rate => json!(self.pick(RATES)),
            Takes::Share => json!(self.pick(SHARES)),
            Takes::Factor => json!(self.pick(FACTORS)),
            Takes::Number => json!(*self.pick(&[0.1, 0.5, 1.0, 2.0, 8.0])),
            Takes::Whole(least, most) => json!(self.whole(*least, *most)),
            Takes::Text => json!(self.pick(&["x", "a reason", "p95"])),
            Takes::Date => json!("2027-03-01"),
            Takes::Boolean => json!(self.chance(0.5)),
            Takes::Word(words) => json!(self.pick(words)),
            Takes::Name => json!(self.name(names)),
            Takes::Edge if self.chance(0.5) => json!(format!("{}>{}", self.name(names), self.name(names))),
            Takes::Edge => json!(self.name(names)),
            Takes::Load if self.chance(0.5) => json!(self.pick(FACTORS)),
            Takes::Load => json!(self.pick(RATES)),
            Takes::Expectation => json!(self.pick(EXPECTATIONS)),
            Takes::Popularity => json!(self.pick(&["uniform", "zipf(0.99)", "zipf(1.5)"])),
            Takes::Map(shape) => self.map(shape, names, depth),
            Takes::Named(inner) => {
                let count = 1 + self.below(2);
                let entries = (0..count).map(|_| (self.name(names), self.value(inner, names, depth + 1)));
                Value::Object(entries.collect::<Vec<_>>().into_iter().collect())
            }
            Takes::List(inner) => {
                let count = 1 + self.below(3);
                Value::Array((0..count).map(|_| self.value(inner, names, depth + 1)).collect())
            }
            // The first ones are the plainest, and end what would otherwise go on for ever.
            Takes::Any(several) if depth > DEEPEST => self.value(&several[0], names, depth + 1),
            Takes::Any(several) => {
                let one = self.pick(several);
                self.value(one, names, depth)
            }
            Takes::Alias(alias) => self.value(&alias.takes, names, depth),
        }
    }

    /// The edges of what is allowed now and then, else something small.
    fn whole(&mut self, least: u32, most: u32) -> u32 {
        match self.below(12) {
            0 => least,
            1 => most,
            _ => least.saturating_add(self.below(8) as u32).min(most),
        }
    }

    fn name(&mut self, names: &[String]) -> String {
        if names.is_empty() || self.chance(0.05) { "nobody".into() } else { self.pick(names).clone() }
    }

    fn map(&mut self, shape: &'static Shape, names: &[String], depth: u32) -> Value {
        let fields: Vec<_> = shape.all_fields().collect();
        let mut map = Map::new();
        if shape.one_of {
            // Deep down a step does something that holds no steps.
            let field = if depth > DEEPEST { fields[0] } else { *self.pick(&fields) };
            map.insert(field.name.into(), self.value(&field.takes, names, depth + 1));
            return Value::Object(map);
        }
        let often = if depth > DEEPEST { 0.0 } else { 2.5 / fields.len() as f64 };
        for field in fields {
            if field.required || self.chance(often) {
                map.insert(field.name.into(), self.value(&field.takes, names, depth + 1));
            }
        }
        Value::Object(map)
    }
}
