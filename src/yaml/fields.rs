//! The fields of one map: each is asked for by name, and what nobody asked for is a mistake.

use super::{Item, Key, Node, Problem, Shape, did_you_mean, list};
use std::ops::Deref;

/// Reads one map. Ask for every field, then call [`Fields::finish`], which reports the unknown ones.
///
/// It is also the [`Item`] of the map, so that its place, path and problems are at hand.
#[derive(Debug)]
pub struct Fields<'a> {
    item: Item<'a>,
    entries: &'a [(Key, Node)],
    shape: Option<&'static Shape>,
    asked: Vec<&'static str>,
    /// Fields that are refused with words of their own: name, message, hint.
    refused: Vec<(&'static str, String, String)>,
}

impl<'a> Deref for Fields<'a> {
    type Target = Item<'a>;

    fn deref(&self) -> &Item<'a> {
        &self.item
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(item: Item<'a>, entries: &'a [(Key, Node)]) -> Fields<'a> {
        Fields { item, entries, shape: None, asked: Vec::new(), refused: Vec::new() }
    }

    /// The same map, of which only the fields of this shape may be asked for.
    #[must_use]
    pub fn shaped(self, shape: &'static Shape) -> Fields<'a> {
        Fields { shape: Some(shape), ..self }
    }

    /// A field that may be missing.
    pub fn optional(&mut self, name: &'static str) -> Option<Item<'a>> {
        debug_assert!(
            self.shape.is_none_or(|shape| shape.field(name).is_some()),
            "`{name}` is read but not described in the shape `{}`",
            self.shape.map_or("", |shape| shape.name)
        );
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        self.find(name)
    }

    /// A field that must be there; `example` shows what to write.
    pub fn required(&mut self, name: &'static str, example: &str) -> Option<Item<'a>> {
        let found = self.optional(name);
        if found.is_none() {
            let problem = match self.item.name.as_str() {
                "" => Problem::of_file(format!("the file has no `{name}`")),
                owner => Problem::at(self.item.place, format!("`{owner}` has no `{name}`")),
            };
            self.item.problems().push(problem.hint(format!("add `{example}`")));
        }
        found
    }

    /// Whether a field is there, without asking for it.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.name == name)
    }

    /// The names of all fields that are there.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.entries.iter().map(|(key, _)| key.name.as_str())
    }

    /// Refuses a field that has no effect in this version, with what to do instead. Nothing is accepted silently.
    pub fn not_yet(&mut self, name: &'static str, instead: &str) {
        self.refused.push((name, format!("`{name}` has no effect in this version"), instead.into()));
    }

    /// Refuses a field that belongs elsewhere.
    pub fn not_here(&mut self, name: &'static str, instead: &str) {
        self.refused.push((name, format!("`{name}` does not belong here"), instead.into()));
    }

    /// Refuses other words for a field, naming ours: pairs of theirs and ours.
    pub fn synonyms(&mut self, words: &[(&'static str, &'static str)]) {
        let refused = words.iter().map(|(theirs, ours)| {
            (*theirs, format!("unknown field `{theirs}`"), format!("the word for it is `{ours}`"))
        });
        self.refused.extend(refused);
    }

    /// Reports two fields of which only one may be there.
    pub fn exclusive(&mut self, one: &'static str, other: &'static str, hint: &str) {
        if let (Some(_), Some(second)) = (self.optional(one), self.optional(other)) {
            second.problem_at_key(format!("`{one}` and `{other}` exclude each other"), hint);
        }
    }

    /// Reports the fields nobody asked for.
    pub fn finish(self) {
        for (key, _) in self.entries {
            let name = key.name.as_str();
            if self.asked.contains(&name) {
                continue;
            }
            if let Some((_, message, hint)) = self.refused.iter().find(|(refused, ..)| *refused == name) {
                self.item.problems().push(Problem::at(key.place, message).hint(hint));
                continue;
            }
            let known = list(self.asked.iter().copied());
            let hint = match did_you_mean(name, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? The fields here are {known}"),
                None => format!("the fields here are {known}"),
            };
            self.item.problems().push(Problem::at(key.place, format!("unknown field `{name}`")).hint(hint));
        }
    }

    fn find(&self, name: &str) -> Option<Item<'a>> {
        self.entries.iter().find(|(key, _)| key.name == name).map(|(key, node)| self.item.child(key, node))
    }
}
