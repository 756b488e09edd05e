//! One value with everything needed to read it: its path for people, its place, and the bag for problems.

use super::{Fields, Key, Node, Place, Problem, Problems, Shape, Value, did_you_mean, list, path_key};
use crate::units::{self, Date, SimDuration, UnitError};

/// A value to be read. Every reader answers `None` after putting the problem into the bag, so that reading goes on and
/// finds the others.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The value.
    pub node: &'a Node,
    /// Where it is defined: at its key if it has one, else at itself.
    pub place: Place,
    /// Its path in the model, such as `services.web.replicas`; it is what `--set` takes.
    pub path: String,
    /// Its key, or its number in a list from 0.
    pub name: String,
    problems: &'a Problems,
}

impl<'a> Item<'a> {
    /// The whole document.
    pub fn root(node: &'a Node, problems: &'a Problems) -> Item<'a> {
        Item { node, place: node.place, path: String::new(), name: String::new(), problems }
    }

    pub(super) fn child(&self, key: &'a Key, node: &'a Node) -> Item<'a> {
        let name = key.name.clone();
        Item { node, place: key.place, path: self.path_of(&path_key(&name)), name, problems: self.problems }
    }

    fn path_of(&self, last: &str) -> String {
        if self.path.is_empty() { last.into() } else { format!("{}.{last}", self.path) }
    }

    /// The bag for problems.
    pub fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// Where the value itself stands; for a map or a list, its key.
    pub fn value_place(&self) -> Place {
        match self.node.value {
            Value::Map(_) | Value::List(_) | Value::Null => self.place,
            _ => self.node.place,
        }
    }

    /// Notes a problem with this value.
    pub fn problem(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(self.value_place(), message).hint(hint));
    }

    /// Notes a problem with this value's key.
    pub fn problem_at_key(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::at(self.place, message).hint(hint));
    }

    /// Reads a map by its fields.
    pub fn fields(&self) -> Option<Fields<'a>> {
        match &self.node.value {
            Value::Map(entries) => Some(Fields::new(self.clone(), entries)),
            // `db:` alone is a component with every default.
            Value::Null => Some(Fields::new(self.clone(), &[])),
            _ => {
                self.wrong("a map of fields", "write `field: value` lines under it, or `{ field: value }`");
                None
            }
        }
    }

    /// Reads a map by the fields of a shape.
    pub fn shaped(&self, shape: &'static Shape) -> Option<Fields<'a>> {
        self.fields().map(|fields| fields.shaped(shape))
    }

    /// Reads a map by its fields; anything else is no problem, but has none.
    pub fn fields_if_map(&self) -> Option<Fields<'a>> {
        if self.is_map() { self.fields() } else { None }
    }

    /// The entries of a map whose keys are names of the user's choice, in the order of the file.
    pub fn entries(&self) -> Vec<Item<'a>> {
        match &self.node.value {
            Value::Map(entries) => entries.iter().map(|(key, node)| self.child(key, node)).collect(),
            Value::Null => Vec::new(),
            _ => {
                self.wrong("a map", "write `name: …` lines under it, or `{ name: … }`");
                Vec::new()
            }
        }
    }

    /// The items of a list. Anything else than a list is a problem.
    pub fn items(&self) -> Vec<Item<'a>> {
        let Value::List(nodes) = &self.node.value else {
            self.wrong("a list", "write `- …` lines under it, or `[ …, … ]`");
            return Vec::new();
        };
        let item = |(i, node): (usize, &'a Node)| {
            let place = match &node.value {
                // A map in a list is best shown by its first key.
                Value::Map(entries) => entries.first().map_or(node.place, |(key, _)| key.place),
                _ => node.place,
            };
            Item { node, place, path: self.path_of(&i.to_string()), name: i.to_string(), problems: self.problems }
        };
        nodes.iter().enumerate().map(item).collect()
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// Whether it is this word.
    pub fn is_word(&self, word: &str) -> bool {
        self.node.scalar() == Some(word)
    }

    /// The text of a scalar as written.
    pub fn text(&self) -> Option<&'a str> {
        self.scalar("text", "write one word or a quoted text")
    }

    fn scalar(&self, what: &str, hint: &str) -> Option<&'a str> {
        let text = self.node.scalar();
        if text.is_none() {
            self.wrong(what, hint);
        }
        text
    }

    fn wrong(&self, expected: &str, hint: &str) {
        let name = if self.name.is_empty() { "the file" } else { &self.name };
        match self.node.value {
            Value::Null => {
                self.problem_at_key(format!("`{name}` has no value"), format!("give it {expected}, or remove it"))
            }
            _ => self.problem(format!("`{name}` is {expected}, but this is {}", self.node.describe()), hint),
        }
    }

    /// Notes the problem of a quantity that could not be read.
    pub fn checked<T>(&self, result: Result<T, UnitError>) -> Option<T> {
        result.map_err(|e| self.problems.push(Problem::of_unit(self.value_place(), e))).ok()
    }

    /// A length of time, such as `250ms`.
    pub fn duration(&self) -> Option<SimDuration> {
        let text = self.scalar("a duration", "write a number and a unit, such as `250ms`")?;
        self.checked(units::parse_duration(text))
    }

    /// A length of time above zero.
    pub fn positive_duration(&self) -> Option<SimDuration> {
        let duration = self.duration()?;
        if duration == SimDuration::ZERO {
            self.problem(format!("`{}` must be above zero", self.name), "write a duration such as `250ms`");
            return None;
        }
        Some(duration)
    }

    /// A rate per second, such as `200/s`, above zero.
    pub fn rate(&self) -> Option<f64> {
        /// Above this the nanosecond is too coarse.
        const MOST: f64 = 1e9;
        let text = self.scalar("a rate", "write a number and per what, such as `200/s`")?;
        let rate = self.checked(units::parse_rate(text))?;
        if !(rate > 0.0 && rate <= MOST) {
            self.problem(format!("`{text}` is out of range"), "a rate is above zero, and at most 1G/s");
            return None;
        }
        Some(rate)
    }

    /// A share between 0% and 100%.
    pub fn ratio(&self) -> Option<f64> {
        let text = self.scalar("a percentage", "write a percentage, such as `30%`")?;
        self.checked(units::parse_ratio(text))
    }

    /// A share above 0%, at most 100%.
    pub fn positive_ratio(&self) -> Option<f64> {
        let ratio = self.ratio()?;
        if ratio == 0.0 {
            self.problem(format!("`{}` must be above 0%", self.name), "write a percentage, such as `30%`");
            return None;
        }
        Some(ratio)
    }

    /// A multiple above zero, such as `10x`.
    pub fn factor(&self) -> Option<f64> {
        let text = self.scalar("a multiple", "write how many times, such as `10x`")?;
        self.checked(units::parse_factor(text))
    }

    /// A number that is not negative and may have a fraction.
    pub fn number(&self) -> Option<f64> {
        let text = self.scalar("a number", "write a number")?;
        self.checked(units::parse_count(text))
    }

    /// A whole number within bounds, such as `8` or `20k`.
    pub fn whole(&self, least: u32, most: u32) -> Option<u32> {
        let text = self.scalar("a whole number", "write a whole number")?;
        let number = self.checked(units::parse_count(text))?;
        let range = match (least, most) {
            (least, u32::MAX) => format!("write a whole number from {least} on"),
            (least, most) if least == most => format!("write {least}"),
            (least, most) => format!("write a whole number from {least} to {}", short(most)),
        };
        if number.fract() != 0.0 {
            self.problem(format!("`{text}` is not a whole number"), range);
            return None;
        }
        if !(f64::from(least)..=f64::from(most)).contains(&number) {
            self.problem(format!("`{}` cannot be {text}", self.name), range);
            return None;
        }
        Some(number as u32)
    }

    /// A whole number within bounds, or `unlimited` ([`u32::MAX`]).
    pub fn whole_or_unlimited(&self, least: u32, most: u32) -> Option<u32> {
        if self.is_word("unlimited") {
            return Some(u32::MAX);
        }
        let text = self.scalar("a whole number or `unlimited`", "write a whole number or `unlimited`")?;
        if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
            self.problem(
                format!("`{text}` is neither a number nor `unlimited`"),
                "write a whole number or `unlimited`",
            );
            return None;
        }
        self.whole(least, most)
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Option<bool> {
        match self.node.value {
            Value::Bool(b) => Some(b),
            _ => {
                self.wrong("`true` or `false`", "write `true` or `false`");
                None
            }
        }
    }

    /// A day, such as `2027-03-01`.
    pub fn date(&self) -> Option<Date> {
        let text = self.scalar("a day", "write year, month and day, such as `2027-03-01`")?;
        self.checked(Date::parse(text))
    }

    /// One word of a closed list.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let known = || words.iter().map(|(word, _)| *word);
        let text = self.scalar("a word", &format!("write one of {}", list(known())))?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let hint = match did_you_mean(text, known()) {
                Some(near) => format!("did you mean `{near}`? It is one of {}", list(known())),
                None => format!("write one of {}", list(known())),
            };
            self.problem(format!("`{text}` is no `{}`", self.name), hint);
        }
        found
    }
}

/// A round number as people write it: `1M`.
fn short(n: u32) -> String {
    match n {
        n if n >= 1_000_000 && n.is_multiple_of(1_000_000) => format!("{}M", n / 1_000_000),
        n if n >= 10_000 && n.is_multiple_of(1_000) => format!("{}k", n / 1_000),
        n => n.to_string(),
    }
}
