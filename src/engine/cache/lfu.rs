//! Least frequently used: counts of all keys, and of each node a heap of its entries with the rarest on top.

use super::super::frame::NONE;

#[derive(Clone, Debug)]
pub(super) struct Lfu {
    /// How often each place has been asked for.
    counts: Vec<u32>,
    /// Of each node, its entries as (count, when used last, entry): a binary min-heap.
    heaps: Vec<Vec<[u32; 3]>>,
    /// Where each entry stands: node and index in its heap.
    stands: Vec<[u32; 2]>,
    /// Counts uses; among equals the one used longest ago goes.
    clock: u32,
}

impl Lfu {
    pub(super) fn new(nodes: u32, places: usize) -> Lfu {
        Lfu { counts: vec![0; places], heaps: vec![Vec::new(); nodes as usize], stands: Vec::new(), clock: 0 }
    }

    /// A place has been asked for; its entry, if it has one, moves down.
    pub(super) fn touch(&mut self, place: u32, at: u32, kept: bool) {
        let count = &mut self.counts[place as usize];
        *count = count.saturating_add(1);
        if kept {
            self.clock = self.clock.wrapping_add(1);
            let [node, index] = self.stands[at as usize];
            let entry = &mut self.heaps[node as usize][index as usize];
            (entry[0], entry[1]) = (*count, self.clock);
            self.sink(node as usize, index as usize);
        }
    }

    pub(super) fn rarest(&self, node: u32) -> u32 {
        self.heaps[node as usize].first().map_or(NONE, |top| top[2])
    }

    /// Whether a place has been asked for less often than everything a node has.
    pub(super) fn is_rarer_than_all(&self, place: u32, node: u32) -> bool {
        self.heaps[node as usize].first().is_some_and(|top| self.counts[place as usize] < top[0])
    }

    pub(super) fn insert(&mut self, place: u32, at: u32, node: u32) {
        if self.stands.len() <= at as usize {
            self.stands.resize(at as usize + 1, [NONE; 2]);
        }
        let heap = &mut self.heaps[node as usize];
        self.clock = self.clock.wrapping_add(1);
        heap.push([self.counts[place as usize], self.clock, at]);
        let index = heap.len() - 1;
        self.stands[at as usize] = [node, index as u32];
        self.rise(node as usize, index);
    }

    pub(super) fn remove(&mut self, at: u32, node: u32) {
        let index = self.stands[at as usize][1] as usize;
        let heap = &mut self.heaps[node as usize];
        heap.swap_remove(index);
        if let Some(moved) = heap.get(index) {
            self.stands[moved[2] as usize][1] = index as u32;
            self.sink(node as usize, index);
            self.rise(node as usize, index);
        }
    }

    fn rise(&mut self, node: usize, mut index: usize) {
        while index > 0 && self.heaps[node][index] < self.heaps[node][(index - 1) / 2] {
            self.swap(node, index, (index - 1) / 2);
            index = (index - 1) / 2;
        }
    }

    fn sink(&mut self, node: usize, mut index: usize) {
        loop {
            let heap = &self.heaps[node];
            let smallest = [index, 2 * index + 1, 2 * index + 2].into_iter().filter(|&i| i < heap.len());
            let Some(smallest) = smallest.min_by_key(|&i| heap[i]).filter(|&i| i != index) else { return };
            self.swap(node, index, smallest);
            index = smallest;
        }
    }

    fn swap(&mut self, node: usize, a: usize, b: usize) {
        let heap = &mut self.heaps[node];
        heap.swap(a, b);
        self.stands[heap[a][2] as usize][1] = a as u32;
        self.stands[heap[b][2] as usize][1] = b as u32;
    }
}
