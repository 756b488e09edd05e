//! Reading YAML: a tree of nodes that know their place, a reader of fields that collects every problem, and messages
//! that show the line.
//!
//! This is the only room that knows the YAML crate (`serde-saphyr`, under the name `serde_yaml`). [`Document::parse`]
//! turns text into [`Node`]s; [`Item`] and [`Fields`] read typed values out of them and put what is wrong into
//! [`Problems`]; [`render`] shows problems as rustc shows errors.

mod csv;
mod diff;
mod differences;
mod edit;
mod fields;
mod files;
mod item;
mod json_schema;
mod parse;
mod problem;
mod render;
mod set;
mod shape;
mod suggest;
mod table;
#[cfg(test)]
mod tests;

pub use csv::Row;
pub use diff::unified_diff;
pub use differences::{Differing, differences};
pub use fields::Fields;
pub use files::Files;
pub use item::Item;
pub use json_schema::json_schema;
pub use parse::MAX_BYTES;
pub use problem::{Problem, Problems};
pub use render::render;
pub use set::{path_key, quoted};
pub use shape::{Alias, Field, Shape, Takes, Visit};
pub use suggest::{did_you_mean, list};
pub use table::table;

/// A stretch of the text. A value that came through an anchor or a merge key (`<<`) has the place where it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands; for a block of several lines, where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`; never `yes`, `no`, `on` or `off`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// Text, without its quotes.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file, each key once.
    Map(Vec<(Key, Node)>),
}

/// A key of a map with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key as text.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// A YAML document that was read, and may have been changed since.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its name, as messages show it.
    pub file: String,
    /// Its text. Changes do not alter it: places always refer to what the user wrote.
    pub text: String,
    /// Its content, changes included. A map.
    pub root: Node,
    /// Reads the other files it names.
    pub files: Files,
}

impl Document {
    /// Reads a document, which must be one map. It answers within a second whatever the text is.
    pub fn parse(file: &str, text: &str) -> Result<Document, Vec<Problem>> {
        let root = parse::parse(text)?;
        Ok(Document { file: file.into(), text: text.into(), root, files: Files::none() })
    }
}

impl Document {
    /// The same, with a way to read the files it names.
    #[must_use]
    pub fn with_files(self, files: Files) -> Document {
        Document { files, ..self }
    }
}

impl Node {
    /// The value of a key of this map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(k, _)| k.name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The keys of this map, in its order.
    pub fn keys(&self) -> Vec<&str> {
        match &self.value {
            Value::Map(entries) => entries.iter().map(|(key, _)| key.name.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// The text of a scalar, as written.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Number(s) | Value::Text(s) => Some(s),
            Value::Bool(b) => Some(if *b { "true" } else { "false" }),
            _ => None,
        }
    }

    /// What it is, in words: `a list`, `the text `abc``.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => format!("`{}`", self.scalar().unwrap_or_default()),
        }
    }
}
