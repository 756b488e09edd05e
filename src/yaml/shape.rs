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
    /// A day: `2027-03-01`.
    Date,
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

/// A description that is met on a walk.
#[derive(Clone, Copy, Debug)]
pub enum Visit {
    /// A map with fields.
    Shape(&'static Shape),
    /// What stands in many places.
    Alias(&'static Alias),
}

impl Visit {
    fn note(self, found: &mut Vec<Visit>) {
        if !found.iter().any(|known| known.is(self)) {
            found.push(self);
        }
    }

    fn is(self, other: Visit) -> bool {
        match (self, other) {
            (Visit::Shape(a), Visit::Shape(b)) => std::ptr::eq(a, b),
            (Visit::Alias(a), Visit::Alias(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }

    /// Its name, which no other has.
    pub fn name(self) -> &'static str {
        match self {
            Visit::Shape(shape) => shape.name,
            Visit::Alias(alias) => alias.name,
        }
    }
}

impl Takes {
    /// Adds the descriptions this one leads to at once.
    fn visit(&'static self, found: &mut Vec<Visit>) {
        let visit = match self {
            Takes::Map(shape) => Visit::Shape(shape),
            Takes::Alias(alias) => Visit::Alias(alias),
            Takes::Named(inner) | Takes::List(inner) => return inner.visit(found),
            Takes::Any(several) => return several.iter().for_each(|one| one.visit(found)),
            _ => return,
        };
        visit.note(found);
    }

    /// The words that may stand in this very place.
    pub fn words(&'static self) -> Vec<&'static str> {
        match self {
            Takes::Word(words) => words.to_vec(),
            Takes::Any(several) => several.iter().flat_map(Takes::words).collect(),
            Takes::Named(inner) => inner.words(),
            _ => Vec::new(),
        }
    }
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

    /// This shape and all that can stand below it, each once, in the order in which a reader meets them.
    pub fn walk(&'static self) -> Vec<Visit> {
        let mut found = vec![Visit::Shape(self)];
        let mut next = 0;
        while let Some(&visit) = found.get(next) {
            next += 1;
            match visit {
                Visit::Shape(shape) => {
                    shape.fields.iter().for_each(|field| field.takes.visit(&mut found));
                    shape.includes.iter().for_each(|included| Visit::Shape(included).note(&mut found));
                }
                Visit::Alias(alias) => alias.takes.visit(&mut found),
            }
        }
        found
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
