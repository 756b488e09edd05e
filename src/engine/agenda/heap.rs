//! A 4-ary min-heap of keys: the fastest calendar there is while few events are pending.

use super::key::Key;

#[derive(Clone, Debug)]
pub(super) struct Heap {
    /// `len` keys, then [`Key::NEVER`] up to the end of the last group of four children, so that a group is
    /// there whole or not at all.
    keys: Vec<Key>,
    len: usize,
    /// The first key has been taken and not yet replaced: the next push, which mostly follows at once, fills the hole
    /// with a single sift.
    hole: bool,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap { keys: vec![Key::NEVER], len: 0, hole: false }
    }
}

impl Heap {
    /// The first key, or [`Key::NEVER`].
    #[inline]
    pub(super) fn first(&mut self) -> Key {
        if self.hole {
            self.close_hole();
        }
        self.keys[0]
    }

    /// Takes the first key, which has been looked at with [`Heap::first`].
    #[inline]
    pub(super) fn take_first(&mut self) {
        self.hole = true;
    }

    /// Puts `key` where one has been taken; false if none has.
    #[inline]
    pub(super) fn replace(&mut self, key: Key) -> bool {
        let hole = self.hole;
        if hole {
            self.hole = false;
            self.sift_down(key);
        }
        hole
    }

    /// No room is left for another key, but in the place of one that has been taken.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.len == self.keys.len()
    }

    /// Makes room for as many keys.
    pub(super) fn reserve(&mut self, keys: usize) {
        self.keys.resize(self.keys.len().max(keys.next_multiple_of(4) + 1), Key::NEVER);
    }

    /// Gives back an empty heap's room if it is more than this.
    pub(super) fn shrink(&mut self, keys: usize) {
        if self.keys.len() > keys {
            *self = Heap::default();
        }
    }

    /// Puts in another key. There must be no hole.
    #[inline]
    pub(super) fn add(&mut self, key: Key) {
        if self.is_full() {
            self.keys.extend([Key::NEVER; 4]);
        }
        self.sift_up(key);
        self.len += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Shows all keys, in any order.
    pub(super) fn each(&mut self, see: &mut impl FnMut(Key)) {
        if self.hole {
            self.close_hole();
        }
        self.keys[..self.len].iter().filter(|key| **key != Key::NEVER).for_each(|key| see(*key));
    }

    /// Takes all keys, in any order. From then on the heap is full, and its first key never comes.
    pub(super) fn close(&mut self) -> Vec<Key> {
        let keys = self.take_all();
        self.len = 1;
        keys
    }

    /// All keys in any order; none is left. There must be no hole.
    pub(super) fn take_all(&mut self) -> Vec<Key> {
        let Heap { mut keys, len, .. } = std::mem::take(self);
        keys.truncate(len);
        keys
    }

    /// Nothing has followed what was taken: the last key takes its place.
    fn close_hole(&mut self) {
        self.hole = false;
        self.len -= 1;
        let last = std::mem::replace(&mut self.keys[self.len], Key::NEVER);
        if self.len > 0 {
            self.sift_down(last);
        }
    }

    /// Puts `key` behind the last one, and moves it up.
    fn sift_up(&mut self, key: Key) {
        let keys = &mut self.keys[..];
        let mut at = self.len;
        while at > 0 {
            let parent = (at - 1) / 4;
            if keys[parent] <= key {
                break;
            }
            keys[at] = keys[parent];
            at = parent;
        }
        keys[at] = key;
    }

    /// Puts `key` where the first one was, and moves it down.
    #[inline]
    fn sift_down(&mut self, key: Key) {
        let keys = &mut self.keys[..];
        let mut at = 0;
        while let Some(&[a, b, c, d]) = keys.get(4 * at + 1..).and_then(<[Key]>::first_chunk) {
            let left = if b < a { (1, b) } else { (0, a) };
            let right = if d < c { (3, d) } else { (2, c) };
            let (least, smallest) = if right.1 < left.1 { right } else { left };
            if key <= smallest {
                break;
            }
            keys[at] = smallest;
            at = 4 * at + 1 + least;
        }
        keys[at] = key;
    }
}
