//! Circuit breakers with each library's rules, worked out by hand from their documentation and sources.

use tenfold::policies::{Breaker, BreakerState, CircuitBreaker, Preset, Verdict};
use tenfold::units::{SimDuration, SimTime};

/// A breaker with its settings, told about calls.
struct Bench {
    spec: CircuitBreaker,
    breaker: Breaker,
}

fn at(ms: u64) -> SimTime {
    SimTime(ms * 1_000_000)
}

impl Bench {
    fn new(preset: Preset) -> Bench {
        Bench { spec: preset.defaults(), breaker: Breaker::new() }
    }

    /// Asks at this time; `Some` generation when the call may go.
    fn ask(&mut self, now: SimTime) -> Option<u32> {
        (self.breaker.admit(&self.spec, now) == Verdict::Pass).then(|| self.breaker.generation())
    }

    fn end(&mut self, now: SimTime, generation: u32, failed: bool) {
        self.breaker.settle(&self.spec, now, generation, failed, SimDuration::from_millis(1));
    }

    /// A call that is let through and ends within the same instant.
    #[track_caller]
    fn call(&mut self, ms: u64, failed: bool) -> BreakerState {
        let generation = self.ask(at(ms)).expect("the call is let through");
        self.end(at(ms), generation, failed);
        self.breaker.state()
    }

    #[track_caller]
    fn refuses(&mut self, now: SimTime) {
        assert_eq!(self.ask(now), None);
    }
}

const CLOSED: BreakerState = BreakerState::Closed;
const OPEN: BreakerState = BreakerState::Open;
const HALF_OPEN: BreakerState = BreakerState::HalfOpen;

/// A hundred calls decide, and 99 that all fail do not: with a call a minute it takes an hour and forty minutes.
/// Open from the hundredth, at 99 min, for 60 s; the call after that, strictly, is the first of ten probes.
#[test]
fn resilience4j_needs_a_hundred_calls() {
    let mut b = Bench::new(Preset::Resilience4j);
    for minute in 0..99 {
        assert_eq!(b.call(minute * 60_000, true), CLOSED);
    }
    assert_eq!(b.call(99 * 60_000, true), OPEN);
    b.refuses(at(100 * 60_000));
    let probes: Vec<u32> = (1..=10).map(|ns| b.ask(SimTime(at(100 * 60_000).0 + ns)).unwrap()).collect();
    b.refuses(at(100 * 60_000 + 1));
    // Four of ten fail: 40% is below 50%, and it closes with the last of them, with nothing to remember.
    for (i, generation) in probes.into_iter().enumerate() {
        assert_eq!(b.breaker.state(), HALF_OPEN);
        b.end(at(100 * 60_000 + 2), generation, i < 4);
    }
    assert_eq!(b.breaker.state(), CLOSED);
    assert_eq!(b.call(100 * 60_000 + 3, true), CLOSED);
}

/// Nine probes are answered and the tenth hangs: without a limit to the half-open state nothing ever happens again. A call
/// that began before it opened, and ends now, is counted as the tenth.
#[test]
fn resilience4j_waits_for_a_hung_probe_and_counts_a_straggler() {
    let opened = || {
        let mut b = Bench::new(Preset::Resilience4j);
        let straggler = b.ask(at(0)).unwrap();
        (0..100).for_each(|ms| {
            b.call(ms, true);
        });
        assert_eq!(b.breaker.state(), OPEN);
        for ms in 0..10 {
            let probe = b.ask(at(60_100 + ms)).unwrap();
            if ms < 9 {
                b.end(at(60_100 + ms), probe, false);
            }
        }
        (b, straggler)
    };
    let (mut hung, _) = opened();
    hung.refuses(at(1_000_000_000));
    assert_eq!(hung.breaker.state(), HALF_OPEN);
    let (mut b, straggler) = opened();
    b.end(at(60_200), straggler, true);
    assert_eq!(b.breaker.state(), CLOSED, "1 of 10 failed");
    let (mut limited, _) = opened();
    limited.spec.half_open_timeout = Some(SimDuration::from_secs(10));
    limited.refuses(at(70_100));
    assert_eq!(limited.breaker.state(), OPEN);
}

/// Twenty calls in ten seconds, judged at whole half seconds: thirty failures from 0 to 290 ms open it at 500 ms. After 5 s one
/// probe is let through; when it fails it is open for another 5 s, when it is answered all is forgotten.
#[test]
fn hystrix_judges_twice_a_second() {
    let mut b = Bench::new(Preset::Hystrix);
    for call in 0..30 {
        assert_eq!(b.call(call * 10, true), CLOSED);
    }
    assert!(b.ask(at(499)).is_some(), "not judged yet");
    b.refuses(at(500));
    b.refuses(at(5_500));
    let probe = b.ask(SimTime(at(5_500).0 + 1)).unwrap();
    b.refuses(at(5_501));
    b.end(at(5_600), probe, true);
    assert_eq!(b.breaker.state(), OPEN);
    b.refuses(at(10_600));
    let probe = b.ask(SimTime(at(10_600).0 + 1)).unwrap();
    b.end(at(10_700), probe, false);
    assert_eq!(b.breaker.state(), CLOSED);
    // Nineteen failures are too few to be judged.
    (0..19).for_each(|ms| {
        b.call(10_800 + ms, true);
    });
    assert!(b.ask(at(11_000)).is_some());
}

/// A hundred calls in 30 s, 10% of them failed, judged when one fails: 9 of 100 are not enough, the tenth failure is 10 of 101
/// (9.9%), and the eleventh 11 of 102. Then 5 s, and a single probe.
#[test]
fn polly_meets_or_exceeds() {
    let mut b = Bench::new(Preset::Polly);
    (0..90).for_each(|ms| {
        b.call(ms, false);
    });
    (90..99).for_each(|ms| {
        b.call(ms, true);
    });
    assert_eq!(b.call(99, false), CLOSED);
    assert_eq!(b.call(100, true), CLOSED);
    assert_eq!(b.call(101, true), OPEN);
    b.refuses(at(5_101));
    assert_eq!(b.call(5_102, false), CLOSED);
    // Exactly 10 of 100 are enough.
    let mut exact = Bench::new(Preset::Polly);
    (0..90).for_each(|ms| {
        exact.call(ms, false);
    });
    (90..99).for_each(|ms| {
        exact.call(ms, true);
    });
    assert_eq!(exact.call(99, true), OPEN);
}

/// No volume is needed, and half is not enough: one of two failed keeps it closed, two of three open it. Refused calls count as
/// made. After 30 s it is half-open by itself; a failed probe opens it for another 30 s.
#[test]
fn opossum_needs_more_than_half_and_no_volume() {
    let mut b = Bench::new(Preset::Opossum);
    assert_eq!(b.call(0, false), CLOSED);
    assert_eq!(b.call(1, true), CLOSED);
    assert_eq!(b.call(2, true), OPEN);
    b.refuses(at(3));
    b.refuses(at(30_001));
    let probe = b.ask(at(30_002)).unwrap();
    assert_eq!(b.breaker.state(), HALF_OPEN);
    b.refuses(at(30_003));
    b.end(at(30_010), probe, true);
    b.refuses(at(60_009));
    let probe = b.ask(at(60_010)).unwrap();
    b.end(at(60_020), probe, false);
    assert_eq!(b.breaker.state(), CLOSED);
    // A first failure alone is all of what there is.
    assert_eq!(Bench::new(Preset::Opossum).call(0, true), OPEN);
}

/// More than five failures in a row, however long that takes; a success in between begins anew. Results of calls that began
/// before it changed its state are dropped.
#[test]
fn gobreaker_counts_in_a_row_and_drops_stragglers() {
    let mut b = Bench::new(Preset::Gobreaker);
    (0..5).for_each(|hour| {
        b.call(hour * 3_600_000, true);
    });
    assert_eq!(b.call(5 * 3_600_000, false), CLOSED);
    let start = 6 * 3_600_000;
    let straggler = b.ask(at(start)).unwrap();
    (0..5).for_each(|s| {
        assert_eq!(b.call(start + s * 1_000, true), CLOSED);
    });
    assert_eq!(b.call(start + 5_000, true), OPEN);
    b.refuses(at(start + 65_000));
    let probe = b.ask(at(start + 65_001)).unwrap();
    b.end(at(start + 65_002), straggler, true);
    assert_eq!(b.breaker.state(), HALF_OPEN, "the straggler is of another generation");
    b.refuses(at(start + 65_003));
    b.end(at(start + 65_004), probe, false);
    assert_eq!(b.breaker.state(), CLOSED);
}
