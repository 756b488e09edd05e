//! Load shedding: an overloaded replica turns some requests away so that it can answer the others, the least important
//! first.
//!
//! The rules are DAGOR's, WeChat's overload control (Zhou and others, "Overload Control for Scaling WeChat Microservices",
//! 2018): each window, a level moves along the ranks of the requests that came, so that 5% fewer are let in while the
//! replica is overloaded, and 1% more while it is not. DAGOR senses the mean queuing time; the utilisation of the cores
//! and the share of busy workers may stand in for it.

use super::Verdict;
use crate::units::{SimDuration, SimTime};
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of load shedding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadShedding {
    /// What tells overload.
    pub when: Sensor,
    /// Above this: nanoseconds of queue delay, or a share.
    pub above: f64,
    /// The level moves at most this often.
    pub window: SimDuration,
    /// Or after so many requests.
    pub requests: u32,
    /// Share fewer to let in after a window of overload.
    pub decrease: f64,
    /// Share more to let in after another.
    pub increase: f64,
}

/// What tells overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensor {
    /// Mean time between arrival and service of what was served.
    QueueDelay,
    /// Mean utilisation of the cores.
    Cpu,
    /// Mean share of busy workers, as the requests that came found it.
    Concurrency,
}

/// Ranks of importance: four priorities of 128 classes of requests each; rank 0 is shed last.
pub const RANKS: u32 = 4 * CLASSES;
/// Classes within a priority. A request has one by chance, with all that it causes.
pub const CLASSES: u32 = 128;

/// `load_shedding: { when: queue_delay, above: 20ms }`
pub static SHAPE: Shape = Shape::new(
    "load_shedding",
    "Turns requests away while a replica is overloaded, those of low priority first and by chance within a priority (DAGOR). \
     Each replica has its own level.",
    &[
        Field::new(
            "when",
            Takes::Word(&["queue_delay", "cpu", "concurrency"]),
            "What tells overload: the mean time between arrival and service; the utilisation of the cores (which needs `cpu`); \
             or the share of busy workers that requests find. Default `queue_delay`.",
        ),
        Field::new(
            "above",
            Takes::Any(&[Takes::Duration, Takes::Share]),
            "A replica is overloaded above this: a time for `queue_delay` (default 20 ms, as in DAGOR), a share for the \
             others, below 100% (default 90%).",
        ),
        Field::new("window", Takes::Duration, "How long is measured before the level moves. Default 1 s."),
        Field::new(
            "requests",
            Takes::Whole(1, 1_000_000),
            "The level also moves after so many requests. Default 2000.",
        ),
        Field::new("decrease", Takes::Share, "So much less is let in after a window of overload. Default 5%."),
        Field::new("increase", Takes::Share, "So much more is let in after a window without. Default 1%."),
    ],
);

impl LoadShedding {
    /// Reads a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<LoadShedding> {
        let mut fields = item.shaped(&SHAPE)?;
        let words = [("queue_delay", Sensor::QueueDelay), ("cpu", Sensor::Cpu), ("concurrency", Sensor::Concurrency)];
        let when = fields.optional("when").map_or(Some(Sensor::QueueDelay), |item| item.word(&words));
        let above = fields.optional("above");
        let window = fields.optional("window").map(|item| item.positive_duration());
        let requests = fields.optional("requests").map(|item| item.whole(1, 1_000_000));
        let decrease = fields.optional("decrease").map(|item| item.positive_ratio());
        let increase = fields.optional("increase").map(|item| item.positive_ratio());
        fields.finish();
        let when = when?;
        let above = match (when, above) {
            (Sensor::QueueDelay, None) => 20e6,
            (Sensor::QueueDelay, Some(item)) => item.positive_duration()?.0 as f64,
            (_, None) => 0.9,
            (_, Some(item)) => {
                let share = item.positive_ratio()?;
                if share == 1.0 {
                    item.problem("nothing is ever above 100%", "write for instance `90%`");
                    return None;
                }
                share
            }
        };
        Some(LoadShedding {
            when,
            above,
            window: window.unwrap_or(Some(SimDuration::from_secs(1)))?,
            requests: requests.unwrap_or(Some(2000))?,
            decrease: decrease.unwrap_or(Some(0.05))?,
            increase: increase.unwrap_or(Some(0.01))?,
        })
    }

    /// Its slowest mechanism: the way down to half.
    pub fn slowest(&self) -> SimDuration {
        SimDuration(self.window.0.saturating_mul((0.5 / self.decrease).ceil() as u64))
    }
}

/// What one replica knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Shedder {
    /// Requests of this window, by rank.
    came: Vec<u32>,
    /// Those ranks are let in that are below it.
    level: u32,
    total: u32,
    admitted: u32,
    began: SimTime,
    sum: f64,
    samples: u32,
    /// Core time used when the window began.
    mark: f64,
}

impl Default for Shedder {
    fn default() -> Shedder {
        Shedder {
            came: vec![0; RANKS as usize],
            level: RANKS,
            total: 0,
            admitted: 0,
            began: SimTime::ZERO,
            sum: 0.0,
            samples: 0,
            mark: 0.0,
        }
    }
}

impl Shedder {
    /// The rank of a request: its priority from 0 (most important) to 3, and a number of its own in [0, 1).
    pub fn rank(priority: u32, own: f64) -> u32 {
        priority * CLASSES + (own * f64::from(CLASSES)) as u32
    }

    /// May a request of this rank come in? `reading` is the time used so far by each core in nanoseconds, or the share of
    /// busy workers; it does not matter for [`Sensor::QueueDelay`].
    pub fn admit(&mut self, spec: &LoadShedding, rank: u32, now: SimTime, reading: f64) -> Verdict {
        let elapsed = now.since(self.began);
        if elapsed >= spec.window || self.total >= spec.requests {
            let mean = match spec.when {
                Sensor::Cpu => (reading - self.mark) / elapsed.0.max(1) as f64,
                _ => self.sum / f64::from(self.samples.max(1)),
            };
            self.turn(spec, mean);
            (self.began, self.mark) = (now, reading);
        }
        if spec.when == Sensor::Concurrency {
            self.sum += reading;
            self.samples += 1;
        }
        self.came[rank as usize] += 1;
        self.total += 1;
        if rank >= self.level {
            return Verdict::Refuse;
        }
        self.admitted += 1;
        Verdict::Pass
    }

    /// A request is going to be served; it has waited so long.
    pub fn waited(&mut self, delay: SimDuration) {
        self.sum += delay.0 as f64;
        self.samples += 1;
    }

    /// A window is over: the level moves along the ranks of those that came.
    fn turn(&mut self, spec: &LoadShedding, mean: f64) {
        let mut inside: u32 = self.came[..self.level as usize].iter().sum();
        if mean > spec.above {
            let wanted = (1.0 - spec.decrease) * f64::from(self.admitted);
            while f64::from(inside) > wanted && self.level > 1 {
                self.level -= 1;
                inside -= self.came[self.level as usize];
            }
        } else {
            let wanted = (1.0 + spec.increase) * f64::from(self.admitted);
            // One rank more at least, or a replica that turned everybody away would do so for ever.
            loop {
                if self.level == RANKS {
                    break;
                }
                inside += self.came[self.level as usize];
                self.level += 1;
                if f64::from(inside) >= wanted {
                    break;
                }
            }
        }
        self.came.fill(0);
        (self.total, self.admitted, self.sum, self.samples) = (0, 0, 0.0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: LoadShedding = LoadShedding {
        when: Sensor::QueueDelay,
        above: 20e6,
        window: SimDuration::from_secs(1),
        requests: 2000,
        decrease: 0.05,
        increase: 0.01,
    };

    /// 100 requests in the first second: 96 of rank 0, one each of ranks 100, 200, 300 and 400; all wait 21 ms. 5% less is
    /// 95: the level falls below all four, to 1 (rank 0 stays in whatever happens). The next 100 have the same ranks: 96
    /// are let in. They wait 20 ms, which is not above 20: 1% more is 96.96, so the level rises until rank 100 is in.
    #[test]
    fn the_level_moves_along_the_ranks_that_came() {
        let mut shedder = Shedder::default();
        let mut second = |s: u64, delay: u64| {
            let ranks = [0; 96].into_iter().chain([100, 200, 300, 400]);
            let mut passed = 0;
            for (i, rank) in ranks.enumerate() {
                let now = SimTime(s * 1_000_000_000 + i as u64);
                if shedder.admit(&SPEC, rank, now, 0.0) == Verdict::Pass {
                    passed += 1;
                    shedder.waited(SimDuration::from_millis(delay));
                }
            }
            (passed, shedder.level)
        };
        assert_eq!(second(0, 21), (100, RANKS));
        assert_eq!(second(1, 20), (96, 1));
        assert_eq!(second(2, 20), (97, 101));
        assert_eq!(second(3, 20), (98, 201));
    }

    /// 2000 requests within a second end a window, too. The core was busy for 95% of the time, then for 80%.
    #[test]
    fn a_window_also_ends_by_its_requests() {
        let spec = LoadShedding { when: Sensor::Cpu, above: 0.9, ..SPEC };
        let mut shedder = Shedder::default();
        let mut used = |i: u64, share: f64| {
            let rank = (i % u64::from(RANKS)) as u32;
            shedder.admit(&spec, rank, SimTime(i * 1_000), i as f64 * 1_000.0 * share);
            shedder.level
        };
        for i in 0..2_000 {
            assert_eq!(used(i, 0.95), RANKS);
        }
        // Ranks 0 to 463 came four times, the others three times; 1900 of 2000 are ranks up to 481 (464 · 4 + 15 · 3 > 1900).
        assert_eq!(used(2_000, 0.95), 464 + 14);
    }

    /// A hundred requests a second of the ranks 0 to 99. After a second of overload 95 are let in, and one more after each
    /// without: 1.01 · 95 = 95.95 takes 96, 1.01 · 96 = 96.96 takes 97.
    #[test]
    fn cores_and_workers_tell_overload_by_their_mean_of_each_second() {
        let levels = |when: Sensor, readings: fn(u64) -> f64| {
            let spec = LoadShedding { when, above: 0.9, ..SPEC };
            let mut shedder = Shedder::default();
            [1u64, 2, 3, 4].map(|second| {
                for i in (second - 1) * 100..second * 100 {
                    shedder.admit(&spec, (i % 100) as u32, SimTime(i * 10_000_000), readings(i));
                }
                shedder.level
            })
        };
        // A core that is busy half of the time, but for the second second, in which it always is.
        let used = |i: u64| (i as f64 + i.clamp(100, 200) as f64 - 100.0) / 2.0 * 1e7;
        assert_eq!(levels(Sensor::Cpu, used), [RANKS, RANKS, 95, 96]);
        // 95% of the workers are busy, then 89%, then all and seven tenths in turn.
        let busy = |i: u64| match i / 100 {
            0 => 0.95,
            1 => 0.89,
            _ => 1.0 - 0.3 * (i % 2) as f64,
        };
        assert_eq!(levels(Sensor::Concurrency, busy), [RANKS, 95, 96, 97]);
    }

    /// Half is ten windows away in steps of 5%, two in steps of 30%.
    #[test]
    fn the_way_down_to_half_is_its_slowest() {
        assert_eq!(SPEC.slowest(), SimDuration::from_secs(10));
        let steep = LoadShedding { decrease: 0.3, window: SimDuration::from_secs(3), ..SPEC };
        assert_eq!(steep.slowest(), SimDuration::from_secs(6));
    }

    #[test]
    fn ranks_go_by_priority_first() {
        assert_eq!(Shedder::rank(0, 0.0), 0);
        assert_eq!(Shedder::rank(1, 0.999_999), 255);
        assert_eq!(Shedder::rank(3, 0.5), 448);
    }
}
