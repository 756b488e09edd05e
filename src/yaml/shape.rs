//! What may be written in a place, as data: the JSON Schema, the hints for unknown fields and the reference come from it.
//!
//! A reader opens its map with [`super::Item::shaped`] and asks only for fields of its shape, so that the two cannot drift
//! apart: a debug build stops at a field that is read and not described, and the tests write every field described.

/// A map with fields of ours.
#[derive(Debug)]
pub struct Shape {
    /// What it describes, in a word: `service`, `retry`. Unique among shapes.
    pub name: &'static str,
    /// What it is, in a sentence or two.
    pub about: &'static str,
    /// Its fields, in the order of the reference.
    pub fields: &'static [Field],
    /// Exactly one field is written, as in a step of an endpoint.
    pub one_of: bool,
    /// Fields of other shapes that are written in place, among its own (a policy within traffic).
    pub includes: &'static [&'static Shape],
}

/// A field of a map.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What may stand there.
    pub takes: Takes,
    /// What it means, with its default, its unit and its range where they are not plain.
    pub about: &'static str,
    /// Must be written.
    pub required: bool,
}

/// What may stand in a place.
#[derive(Debug)]
pub enum Takes {
    /// `250ms`
    Duration,
    /// `200/s`
    Rate,
    /// `30%`
    Share,
    /// `10x`
    Factor,
    /// A number that may have a fraction.
    Number,
    /// A whole number, from and to.
    Whole(u32, u32),
    /// A text of the user's choice.
    Text,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a component, or of one of its endpoints (`payments.charge`).
    Name,
    /// The name of a component, or of a connection: `web>db`.
    Edge,
    /// A load: a multiple (`10x`) or an absolute rate (`500/s`).
    Load,
    /// An expectation: `web.checkout p99 < 800ms`.
    Expectation,
    /// A key popularity: `uniform` or `zipf(0.99)`.
    Popularity,
    /// A map with the fields of this shape.
    Map(&'static Shape),
    /// A map whose keys are names of the user's choice.
    Named(&'static Takes),
    /// A list.
    List(&'static Takes),
    /// Any of these.
    Any(&'static [Takes]),
    /// What another place takes, described once: a time, steps. The name is unique among these.
    Alias(&'static Alias),
}

/// A description with a name, for what stands in many places.
#[derive(Debug)]
pub struct Alias {
    /// Its name: `time`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What may stand there.
    pub takes: Takes,
}

impl Shape {
    /// A shape without peculiarities.
    pub const fn new(name: &'static str, about: &'static str, fields: &'static [Field]) -> Shape {
        Shape { name, about, fields, one_of: false, includes: &[] }
    }

    /// Exactly one of the fields is written.
    #[must_use]
    pub const fn one_of(self) -> Shape {
        Shape { one_of: true, ..self }
    }

    /// The fields of these shapes may be written among its own.
    #[must_use]
    pub const fn with(self, includes: &'static [&'static Shape]) -> Shape {
        Shape { includes, ..self }
    }

    /// All fields, those of other shapes written in place last.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let included = self.includes.iter().flat_map(|shape| shape.fields);
        self.fields.iter().chain(included)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.all_fields().find(|field| field.name == name)
    }
}

impl Field {
    /// A field that may be left out.
    pub const fn new(name: &'static str, takes: Takes, about: &'static str) -> Field {
        Field { name, takes, about, required: false }
    }

    /// A field that must be written.
    pub const fn required(name: &'static str, takes: Takes, about: &'static str) -> Field {
        Field { name, takes, about, required: true }
    }
}
