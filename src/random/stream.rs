//! Streams of random numbers, seeded by name.

use rand::Rng;
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// An endless, reproducible stream of random numbers for one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream of `entity` (a component's name) for one `purpose` (`work`, `arrivals`, …).
    pub fn new(seed: u64, replication: u32, entity: &str, purpose: &str) -> Stream {
        let mut h = mix(seed ^ 0x7e6f_01d5);
        h = mix(h ^ u64::from(replication));
        for part in [entity, purpose] {
            for chunk in part.as_bytes().chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                h = mix(h ^ u64::from_le_bytes(word));
            }
            h = mix(h ^ part.len() as u64);
        }
        Stream(Xoshiro256PlusPlus::seed_from_u64(h))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), with 53 random bits.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Exponential with mean 1 (ziggurat).
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// Standard normal (ziggurat).
    #[inline]
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Uniform in 0..n, without measurable bias for n below 2^32. Zero for n = 0.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(n) * (self.bits() >> 32)) >> 32) as u32
    }

    /// True with probability `p`. Nothing is drawn for 0 and 1, so that a feature switched off costs no draw.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        p > 0.0 && (p >= 1.0 || self.unit() < p)
    }

    pub(super) fn rng(&mut self) -> &mut Xoshiro256PlusPlus {
        &mut self.0
    }
}

/// One request's own choices: a seed and a counter-free hash, so that draw `k` does not depend on earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lot(pub u64);

impl Lot {
    /// The request's uniform number in [0, 1) for choice `k`.
    #[inline]
    pub fn unit(self, k: u32) -> f64 {
        (mix(self.0 ^ u64::from(k).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// The lot of something this request started, for instance the message it published at step `k`.
    #[inline]
    pub fn child(self, k: u32) -> Lot {
        Lot(mix(self.0 ^ (u64::from(k) << 32) ^ 0xc41d))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every input bit reaches every output bit.
#[inline]
pub(super) fn mix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_told_apart_by_every_part_of_their_name() {
        let first = |s: u64, r: u32, e: &str, p: &str| Stream::new(s, r, e, p).bits();
        let base = first(1, 0, "web", "work");
        assert_eq!(base, first(1, 0, "web", "work"));
        for other in [
            first(2, 0, "web", "work"),
            first(1, 1, "web", "work"),
            first(1, 0, "webw", "ork"),
            first(1, 0, "web", "queue"),
        ] {
            assert_ne!(base, other);
        }
    }

    /// Golden values: a change here changes every result ever published with this seed.
    #[test]
    fn the_bits_are_frozen() {
        let mut s = Stream::new(1, 0, "web", "work");
        let drawn: Vec<u64> = (0..3).map(|_| s.bits()).collect();
        assert_eq!(drawn, [5416696749930130111, 14435691952750769590, 3607351659904865839]);
        assert_eq!(
            (s.exponential().to_bits(), s.normal().to_bits(), Lot(1).unit(0).to_bits()),
            (4602607309417240969, 13829601536803184058, 4603278352542933067)
        );
    }
}
