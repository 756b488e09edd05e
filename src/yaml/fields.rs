//! The fields of one map: each is asked for by name, and what nobody asked for is a mistake.

use super::{Item, Key, Node, Problem, did_you_mean, list};
use std::ops::Deref;

/// Reads one map. Ask for every field, then call [`Fields::finish`], which reports the unknown ones.
///
/// It is also the [`Item`] of the map, so that its place, path and problems are at hand.
#[derive(Debug)]
pub struct Fields<'a> {
    item: Item<'a>,
    entries: &'a [(Key, Node)],
    asked: Vec<&'static str>,
    /// Fields the design knows and this version does not: accepted in no way, but with their own words.
    later: Vec<(&'static str, &'static str)>,
}

impl<'a> Deref for Fields<'a> {
    type Target = Item<'a>;

    fn deref(&self) -> &Item<'a> {
        &self.item
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(item: Item<'a>, entries: &'a [(Key, Node)]) -> Fields<'a> {
        Fields { item, entries, asked: Vec::new(), later: Vec::new() }
    }

    /// A field that may be missing.
    pub fn optional(&mut self, name: &'static str) -> Option<Item<'a>> {
        self.asked.push(name);
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

    /// Declares a field that has no effect in this version, with what to do instead. Nothing is accepted silently.
    pub fn not_yet(&mut self, name: &'static str, instead: &'static str) {
        self.later.push((name, instead));
    }

    /// Reports two fields of which only one may be there.
    pub fn exclusive(&self, one: &str, other: &str, hint: &str) {
        if let (Some(_), Some(second)) = (self.find(one), self.find(other)) {
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
            if let Some((_, instead)) = self.later.iter().find(|(later, _)| *later == name) {
                let problem = Problem::at(key.place, format!("`{name}` has no effect in this version"));
                self.item.problems().push(problem.hint(*instead));
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
