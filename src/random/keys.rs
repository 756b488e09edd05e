//! Which of many keys a request is about: products, users, rows; some are more popular than others.

use super::Lot;
use super::stream::mix;
use crate::units::parse_count;
use crate::yaml::Item;

/// A set of keys, numbered from 0 in the order of their popularity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keys {
    /// How many there are, at least 1.
    pub count: u32,
    /// How requests spread over them.
    pub popularity: Popularity,
}

/// How requests spread over keys.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Popularity {
    /// All alike.
    #[default]
    Uniform,
    /// The key of rank k is asked for in proportion to k^-s (Zipf's law), s above 0.
    Zipf(f64),
}

impl Popularity {
    /// Reads `uniform` or `zipf(0.99)`.
    pub fn read(item: &Item<'_>) -> Option<Popularity> {
        let text = item.text()?;
        if text == "uniform" {
            return Some(Popularity::Uniform);
        }
        let exponent = text.strip_prefix("zipf(").and_then(|rest| rest.strip_suffix(')'));
        match exponent.map(parse_count) {
            Some(Ok(s)) if (0.01..=10.0).contains(&s) => Some(Popularity::Zipf(s)),
            Some(_) => {
                item.problem(format!("`{text}` has no exponent from 0.01 to 10"), "write for instance `zipf(0.99)`");
                None
            }
            None => {
                item.problem(format!("`{text}` is no popularity"), "write `uniform`, or for instance `zipf(0.99)`");
                None
            }
        }
    }
}

impl Keys {
    /// The key `lot` asks for by its choice `k`; any two choices are independent.
    ///
    /// Zipf's law is drawn by rejection from its integral, which needs no table however many keys there are
    /// (Hörmann and Derflinger 1996, "Rejection-inversion to generate variates from monotone discrete distributions").
    pub fn draw(&self, lot: Lot, k: u32) -> u32 {
        let Popularity::Zipf(s) = self.popularity else {
            return ((lot.unit(k) * f64::from(self.count)) as u32).min(self.count - 1);
        };
        let n = f64::from(self.count);
        // The area under x^-s up to half a step before the first and behind the last rank; the first counts in full.
        let (low, high) = (area(1.5, s) - 1.0, area(n + 0.5, s));
        let own = lot.child(k);
        for trial in 0.. {
            let u = high + own.unit(trial) * (low - high);
            let rank = inverse(u, s).round().clamp(1.0, n);
            if u >= area(rank + 0.5, s) - libm::pow(rank, -s) {
                return rank as u32 - 1;
            }
        }
        0
    }

    /// Which of so many places a key belongs to: spread evenly, whatever the order of popularity.
    pub fn home(&self, key: u32, places: u32) -> u32 {
        (((mix(u64::from(key)) >> 32) * u64::from(places)) >> 32) as u32
    }

    /// How strongly a place draws a key: the strongest of those that are there has it, and when one goes only its own keys
    /// move (rendezvous hashing; Thaler and Ravishankar 1998, "Using name-based mappings to increase hit rates").
    pub fn pull(key: u32, place: u32) -> u64 {
        mix((u64::from(key) << 32) | u64::from(place))
    }

    /// The share of requests that go to the place with the most of them, of so many, where each key has its place. The
    /// less popular keys of very many are taken as spread evenly.
    pub fn hottest(&self, places: u32, home: impl Fn(u32) -> u32) -> f64 {
        let few = self.popularity == Popularity::Uniform && self.count <= 10_000;
        let groups = if few { vec![(1.0, 1.0 / f64::from(self.count)); self.count as usize] } else { self.groups() };
        let mut loads = vec![0.0; places as usize];
        let mut even = 0.0;
        for (key, (size, share)) in (0..).zip(groups) {
            if size == 1.0 {
                loads[home(key) as usize] += share;
            } else {
                even += size * share;
            }
        }
        loads.into_iter().fold(0.0, f64::max) + even / f64::from(places)
    }

    /// The keys in groups of equal popularity, or nearly so: how many, and the share of each. The first ten thousand stand
    /// alone; behind them a group spans a hundredth of its rank.
    fn groups(&self) -> Vec<(f64, f64)> {
        let Popularity::Zipf(s) = self.popularity else {
            return vec![(f64::from(self.count), 1.0 / f64::from(self.count))];
        };
        let mut groups = Vec::new();
        let mut rank = 1u32;
        while rank <= self.count {
            let size = if rank < 10_000 { 1 } else { (rank / 100).min(self.count - rank + 1) };
            let middle = f64::from(rank) + (f64::from(size) - 1.0) / 2.0;
            groups.push((f64::from(size), libm::pow(middle, -s)));
            rank += size;
        }
        let sum: f64 = groups.iter().map(|(size, weight)| size * weight).sum();
        groups.iter_mut().for_each(|(_, weight)| *weight /= sum);
        groups
    }

    /// The share of requests that find their key in a cache of the most recently used `room` keys, by the approximation of
    /// Che, Tung and Wang (2002): a key is there if it was asked for within a characteristic time t, the same for all,
    /// where the sum of 1 - exp(-p t) is `room`.
    pub fn lru_hit_ratio(&self, room: u32) -> f64 {
        let groups = self.groups();
        let held = |t: f64| groups.iter().map(|(size, p)| size * -libm::expm1(-p * t)).sum::<f64>();
        let (mut low, mut high) = (0.0, 1.0);
        while held(high) < f64::from(room.min(self.count)) * (1.0 - 1e-9) && high < 1e15 {
            high *= 2.0;
        }
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if held(middle) < f64::from(room) { low = middle } else { high = middle }
        }
        groups.iter().map(|(size, p)| size * p * -libm::expm1(-p * high)).sum()
    }

    /// The share of requests that ask for one of the `room` most popular keys.
    pub fn most_popular(&self, room: u32) -> f64 {
        let mut left = f64::from(room);
        let share = |(size, p): (f64, f64)| {
            let taken = size.min(left);
            left -= taken;
            taken * p
        };
        self.groups().into_iter().map(share).sum()
    }

    /// The share of requests that ask for the key of this number, from 0. Takes time in proportion to the number of keys.
    pub fn share(&self, key: u32) -> f64 {
        let weight = |k: u32| match self.popularity {
            Popularity::Uniform => 1.0,
            Popularity::Zipf(s) => libm::pow(f64::from(k) + 1.0, -s),
        };
        weight(key) / (0..self.count).map(weight).sum::<f64>()
    }
}

/// The integral of x^-s.
fn area(x: f64, s: f64) -> f64 {
    let log = libm::log(x);
    let t = (1.0 - s) * log;
    if t.abs() < 1e-8 { log * (1.0 + t / 2.0) } else { libm::expm1(t) / (1.0 - s) }
}

/// The x up to which the integral of x^-s is `u`.
fn inverse(u: f64, s: f64) -> f64 {
    let t = (1.0 - s) * u;
    if t.abs() < 1e-8 { libm::exp(u * (1.0 - t / 2.0)) } else { libm::exp(libm::log1p(t) / (1.0 - s)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million draws; each of the first ranks within 4 standard deviations of its share.
    #[test]
    fn keys_come_in_proportion_to_their_popularity() {
        for popularity in [Popularity::Uniform, Popularity::Zipf(0.8), Popularity::Zipf(1.0), Popularity::Zipf(1.3)] {
            let keys = Keys { count: 1_000, popularity };
            let mut seen = vec![0u32; 1_000];
            const DRAWS: u32 = 1_000_000;
            (0..DRAWS).for_each(|i| seen[keys.draw(Lot(u64::from(i)), 7) as usize] += 1);
            for key in [0, 1, 2, 10, 100, 999] {
                let p = keys.share(key);
                let expected = p * f64::from(DRAWS);
                let deviation = (expected * (1.0 - p)).sqrt();
                let off = (f64::from(seen[key as usize]) - expected).abs();
                assert!(off < 4.0 * deviation, "{popularity:?} {key}: {} not {expected:.0}", seen[key as usize]);
            }
        }
    }
}
