//! What differs between two documents, place by place, and making one into the other step by step.

use super::{Document, Key, Node, Place, Value, path_key};

/// One place at which two documents differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Differing {
    /// Where: `services.web.replicas`.
    pub path: String,
    /// The way there, key by key.
    keys: Vec<String>,
    /// What stands there in the first; `None`: nothing.
    pub from: Option<Node>,
    /// What stands there in the second.
    pub to: Option<Node>,
}

impl Differing {
    /// Where it is written in the second document, or else in the first.
    pub fn place(&self) -> Place {
        self.to.as_ref().or(self.from.as_ref()).map(|node| node.place).unwrap_or_default()
    }
}

/// Every place at which they differ: in the order of the first, then what only the second has. Comments and the order of
/// keys are no differences; a list of another length differs as a whole.
pub fn differences(from: &Node, to: &Node) -> Vec<Differing> {
    let mut found = Vec::new();
    differ(from, to, &mut Vec::new(), &mut found);
    found
}

fn differ(from: &Node, to: &Node, keys: &mut Vec<String>, found: &mut Vec<Differing>) {
    match (&from.value, &to.value) {
        (Value::Map(old), Value::Map(new)) => {
            for (key, node) in old {
                keys.push(key.name.clone());
                match to.get(&key.name) {
                    Some(other) => differ(node, other, keys, found),
                    None => note(keys, Some(node), None, found),
                }
                keys.pop();
            }
            for (key, node) in new.iter().filter(|(key, _)| from.get(&key.name).is_none()) {
                keys.push(key.name.clone());
                note(keys, None, Some(node), found);
                keys.pop();
            }
        }
        (Value::List(old), Value::List(new)) if old.len() == new.len() => {
            for (i, (a, b)) in old.iter().zip(new).enumerate() {
                keys.push(i.to_string());
                differ(a, b, keys, found);
                keys.pop();
            }
        }
        _ if from.show() == to.show() => {}
        _ => note(keys, Some(from), Some(to), found),
    }
}

fn note(keys: &[String], from: Option<&Node>, to: Option<&Node>, found: &mut Vec<Differing>) {
    let path = keys.iter().map(|key| path_key(key)).collect::<Vec<_>>().join(".");
    found.push(Differing { path, keys: keys.to_vec(), from: from.cloned(), to: to.cloned() });
}

impl Document {
    /// Makes one difference: what stands there in the second document is put in.
    pub fn make(&mut self, differing: &Differing) {
        put(&mut self.root, &differing.keys, differing.to.as_ref());
    }
}

fn put(node: &mut Node, keys: &[String], to: Option<&Node>) {
    let Some((first, rest)) = keys.split_first() else {
        if let Some(to) = to {
            *node = to.clone();
        }
        return;
    };
    let place = node.place;
    match &mut node.value {
        Value::Map(entries) => match (entries.iter().position(|(key, _)| key.name == *first), rest, to) {
            (Some(i), [], None) => {
                entries.remove(i);
            }
            (Some(i), rest, to) => put(&mut entries[i].1, rest, to),
            (None, [], Some(to)) => entries.push((Key { name: first.clone(), place }, to.clone())),
            (None, ..) => {}
        },
        Value::List(items) => {
            if let Some(item) = first.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
                put(item, rest, to);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "a: 1\nb: { c: 2, d.e: [ { x: 1 }, { y: 2 } ], gone: ~ }\nlist: [ 1, 2 ]\n";
    const TWO: &str = "# a comment\nlist: [ 1 ]\nb: { d.e: [ { x: 1 }, { y: 3 } ], c: 2, new: { z: 1 } }\na: 1\n";

    fn document(text: &str) -> Document {
        Document::parse("m.yaml", text).unwrap()
    }

    #[test]
    fn each_place_is_found_once() {
        let found = differences(&document(ONE).root, &document(TWO).root);
        let shown = |node: &Option<Node>| node.as_ref().map_or("-".to_owned(), Node::show);
        let found: Vec<String> =
            found.iter().map(|d| format!("{} {} {}", d.path, shown(&d.from), shown(&d.to))).collect();
        assert_eq!(found, ["b.\"d.e\".1.y 2 3", "b.gone ~ -", "b.new - { z: 1 }", "list [1, 2] [1]"]);
    }

    #[test]
    fn all_of_them_make_the_second_of_the_first() {
        let (mut one, two) = (document(ONE), document(TWO));
        let all = differences(&one.root, &two.root);
        all.iter().for_each(|d| one.make(d));
        assert_eq!(differences(&one.root, &two.root), []);
        assert_eq!(differences(&two.root, &two.root), []);
    }
}
