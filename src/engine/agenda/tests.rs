//! The calendar against a sorted list, over everything that moves events between heap and wheel.

use super::*;
use crate::random::Stream;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A calendar beside a sorted set of the same keys.
#[derive(Clone)]
struct Pair {
    agenda: Agenda,
    sorted: BTreeSet<Key>,
    now: u64,
}

impl Pair {
    fn new() -> Pair {
        Pair { agenda: Agenda::default(), sorted: BTreeSet::new(), now: 0 }
    }

    fn push(&mut self, after: u64, class: Class) {
        let time = self.now.saturating_add(after).min(SimTime::MAX.0);
        let seq = self.agenda.next_seq();
        let key = Key::new(time, class, seq, Kind::Done, seq as u32);
        // As those of sources do.
        if class == Class::Arrival {
            self.agenda.push_apart(key);
        } else {
            self.agenda.push(key);
        }
        self.sorted.insert(key);
    }

    /// Whether there was anything below `limit`.
    fn pop_key_below(&mut self, limit: Key) -> bool {
        let expected = self.sorted.first().copied().filter(|k| *k < limit);
        assert_eq!(self.agenda.pop_below(limit), expected);
        if let Some(key) = expected {
            self.sorted.pop_first();
            self.now = key.time();
        }
        expected.is_some()
    }

    fn pop_below(&mut self, limit: u64) -> bool {
        self.pop_key_below(Key::before(limit))
    }

    fn pop(&mut self) -> bool {
        self.pop_key_below(Key::NEVER)
    }

    fn drain(&mut self) {
        while self.pop() {}
        assert!(self.sorted.is_empty());
    }

    fn has_wheel(&self) -> bool {
        self.agenda.wheel.is_some()
    }
}

fn class(rng: &mut Stream) -> Class {
    [Class::Completion, Class::Timeout, Class::Arrival][rng.below(3) as usize]
}

/// From nothing at all to thirty years, each order of magnitude as often as any other.
fn any_distance(rng: &mut Stream) -> u64 {
    match rng.below(20) {
        0 => 0,
        power => 10f64.powf(f64::from(power - 1) + rng.unit()) as u64,
    }
}

#[test]
fn few_events_in_random_order() {
    let mut rng = Stream::new(1, 0, "agenda", "few");
    let mut pair = Pair::new();
    for _ in 0..20_000 {
        if rng.chance(0.5) {
            let class = class(&mut rng);
            pair.push(u64::from(rng.below(100)), class);
        } else {
            let limit = pair.now + u64::from(rng.below(120));
            pair.pop_below(limit);
        }
    }
}

#[test]
fn any_number_of_events_at_any_distance() {
    let mut rng = Stream::new(1, 0, "agenda", "any");
    let mut pair = Pair::new();
    let mut wheels = 0;
    // Grows to some thousands and shrinks to nothing, again and again.
    for round in 0..12 {
        let most = 10usize.pow(round % 4 + 1);
        while pair.sorted.len() < most {
            // In the end up to the last nanosecond there is.
            let after = any_distance(&mut rng) >> if round < 11 { 10 } else { 0 };
            let class = class(&mut rng);
            pair.push(after, class);
            if rng.chance(0.3) {
                pair.pop();
            }
        }
        wheels += u32::from(pair.has_wheel());
        while !pair.sorted.is_empty() {
            pair.pop();
            if rng.chance(0.3) {
                let (after, class) = (any_distance(&mut rng) >> 30, class(&mut rng));
                pair.push(after, class);
            }
        }
        assert!(!pair.pop() && !pair.has_wheel(), "round {round}");
    }
    assert_eq!(wheels, 6, "rounds of a thousand and of ten thousand");
    pair.drain();
}

/// As many pending as a big run has, and a load that is ten times as heavy, then a hundredth, then as before.
#[test]
fn many_events_while_the_load_shifts() {
    let mut rng = Stream::new(1, 0, "agenda", "shift");
    let mut pair = Pair::new();
    for _ in 0..100_000 {
        let after = (rng.exponential() * 1e9) as u64;
        pair.push(after, Class::Completion);
    }
    for mean in [1e9, 1e8, 1e10, 1e9] {
        for _ in 0..100_000 {
            pair.pop();
            let after = (rng.exponential() * mean) as u64;
            pair.push(after, Class::Completion);
        }
    }
    pair.drain();
}

/// All start together, and go on at the same instant or a little later, of every class.
#[test]
fn simultaneous_events() {
    let mut rng = Stream::new(1, 0, "agenda", "together");
    let mut pair = Pair::new();
    for _ in 0..100_000 {
        pair.push(1_000, Class::Arrival);
    }
    for _ in 0..500_000 {
        pair.pop();
        let class = class(&mut rng);
        pair.push([0, 0, 1, 1_000][rng.below(4) as usize], class);
    }
    pair.drain();
}

/// The end of a run is reached in the middle of a slot, at its start, or long before it; and then something comes before
/// everything that is there.
#[test]
fn limits_in_the_middle_of_slots() {
    let mut rng = Stream::new(1, 0, "agenda", "limits");
    let mut pair = Pair::new();
    for _ in 0..2_000 {
        let after = any_distance(&mut rng) >> 25;
        pair.push(after, Class::Completion);
    }
    let mut end = 0;
    for _ in 0..3_000 {
        end += any_distance(&mut rng) >> 35;
        while pair.pop_below(end) {
            if rng.chance(0.8) {
                let after = (rng.exponential() * 1e8) as u64;
                pair.push(after, Class::Completion);
            }
        }
        pair.now = pair.now.max(end);
        if rng.chance(0.1) {
            for _ in 0..rng.below(1_000) {
                let after = any_distance(&mut rng) >> 40;
                pair.push(after, Class::Arrival);
            }
        }
    }
    pair.drain();
}

/// Both copies go on identically, whatever happens to the other.
#[test]
fn a_copy_goes_on_by_itself() {
    let mut rng = Stream::new(1, 0, "agenda", "copies");
    let mut pair = Pair::new();
    for round in 0..200 {
        for _ in 0..rng.below(200) {
            let (after, class) = (any_distance(&mut rng) >> 20, class(&mut rng));
            pair.push(after, class);
        }
        let mut copy = pair.clone();
        for _ in 0..rng.below(100) {
            pair.pop();
        }
        copy.push(round, Class::Timeout);
        copy.drain();
    }
    pair.drain();
}

#[derive(Clone, Debug)]
enum Act {
    Push(u64, u32),
    Pop(u32),
    Stop(u64),
    /// A push before what has been looked at already; nothing in the engine does it, but it would be in order, too.
    Back(u64),
}

fn distance() -> impl Strategy<Value = u64> {
    (0..60u32, any::<u64>()).prop_map(|(bits, at)| at & ((1 << bits) - 1))
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (distance(), 1..200u32).prop_map(|(after, times)| Act::Push(after, times)),
        2 => (1..300u32).prop_map(Act::Pop),
        2 => distance().prop_map(Act::Stop),
        1 => distance().prop_map(Act::Back),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done(acts in prop::collection::vec(act(), 1..60)) {
        let mut pair = Pair::new();
        for act in acts {
            match act {
                Act::Push(after, times) => (0..times).for_each(|i| {
                    pair.push(after / u64::from(i + 1), [Class::Completion, Class::Arrival][i as usize % 2]);
                }),
                Act::Pop(times) => (0..times).for_each(|_| {
                    pair.pop();
                }),
                Act::Stop(after) => {
                    let end = pair.now.saturating_add(after).min(SimTime::MAX.0);
                    while pair.pop_below(end) {}
                    pair.now = end;
                }
                Act::Back(by) => {
                    pair.now = pair.now.saturating_sub(by);
                    pair.push(0, Class::Timeout);
                }
            }
        }
        pair.drain();
    }
}
