//! Least recently used: one list for each node, linked through the entries.

use super::super::frame::NONE;

#[derive(Clone, Debug)]
pub(super) struct Lru {
    /// Neighbours of each entry: the one used before it, and the one used after it.
    links: Vec<[u32; 2]>,
    /// Of each node: the entry used longest ago, and the one used last.
    ends: Vec<[u32; 2]>,
}

impl Lru {
    pub(super) fn new(nodes: u32) -> Lru {
        Lru { links: Vec::new(), ends: vec![[NONE; 2]; nodes as usize] }
    }

    pub(super) fn oldest(&self, node: u32) -> u32 {
        self.ends[node as usize][0]
    }

    pub(super) fn touch(&mut self, at: u32, node: u32) {
        if self.ends[node as usize][1] != at {
            self.remove(at, node);
            self.insert(at, node);
        }
    }

    pub(super) fn insert(&mut self, at: u32, node: u32) {
        if self.links.len() <= at as usize {
            self.links.resize(at as usize + 1, [NONE; 2]);
        }
        let [oldest, newest] = &mut self.ends[node as usize];
        self.links[at as usize] = [*newest, NONE];
        match *newest {
            NONE => *oldest = at,
            before => self.links[before as usize][1] = at,
        }
        *newest = at;
    }

    pub(super) fn remove(&mut self, at: u32, node: u32) {
        let [before, after] = self.links[at as usize];
        match before {
            NONE => self.ends[node as usize][0] = after,
            before => self.links[before as usize][1] = after,
        }
        match after {
            NONE => self.ends[node as usize][1] = before,
            after => self.links[after as usize][0] = before,
        }
    }
}
