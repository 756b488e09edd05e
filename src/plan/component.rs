//! What the user named.

use super::{Declarations, Origin};

/// What kind of thing a component is, for words in reports. The engine does not look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A service with endpoints of its own.
    Service,
    /// A database.
    Database,
    /// A cache.
    Cache,
    /// A message queue.
    Queue,
    /// Somebody else's API.
    External,
}

impl Role {
    /// The word for it, in the singular.
    pub fn word(self) -> &'static str {
        match self {
            Role::Service => "service",
            Role::Database => "database",
            Role::Cache => "cache",
            Role::Queue => "queue",
            Role::External => "external API",
        }
    }
}

/// Something the user named.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name in the model.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// The technology it declares (`stack`, `engine`), if any; advice is worded for it.
    pub technology: Option<String>,
    /// What is said of it beside how it behaves.
    pub declared: Declarations,
    /// Where it is defined.
    pub origin: Origin,
}
