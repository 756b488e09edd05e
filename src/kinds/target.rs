//! Names, and what they point at: `payments.charge`, or `payments` when it has only one endpoint.

use crate::yaml::Item;

/// Something to call, as written.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// `payments.charge` or `payments`.
    pub text: String,
    /// Where it is written.
    pub item: Item<'a>,
}

impl<'a> Target<'a> {
    /// Reads the name of a component or an endpoint.
    pub fn read(item: &Item<'a>) -> Option<Target<'a>> {
        Some(Target { text: item.text()?.into(), item: item.clone() })
    }

    /// The name that is the key of an item.
    pub fn of_key(item: Item<'a>) -> Target<'a> {
        Target { text: item.name.clone(), item }
    }

    /// The component's name.
    pub fn component(&self) -> &str {
        self.text.split_once('.').map_or(&self.text, |(component, _)| component)
    }

    /// The endpoint's name, if it is written.
    pub fn endpoint(&self) -> Option<&str> {
        self.text.split_once('.').map(|(_, endpoint)| endpoint)
    }

    /// Notes a problem with the name, wherever it stands.
    pub fn problem(&self, message: impl Into<String>, hint: impl Into<String>) {
        if self.item.name == self.text {
            self.item.problem_at_key(message, hint);
        } else {
            self.item.problem(message, hint);
        }
    }
}

/// Reports a name that could be mistaken for something else where names are written (`a.b`, `a>b`, `kill:a@10s`).
pub fn check_name(item: &Item<'_>) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "-_/".contains(c);
    let good = item.name.starts_with(char::is_alphanumeric) && item.name.chars().all(fits);
    if !good {
        item.problem_at_key(
            format!("`{}` cannot be a name", item.name),
            "a name begins with a letter or digit and goes on with letters, digits, `-`, `_` or `/`",
        );
    }
    good
}
