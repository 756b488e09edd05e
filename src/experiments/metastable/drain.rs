//! Whether a system is still on its way back: what is in progress grows less.
//!
//! In the fluid limit a backlog W changes by dW/dt = λ − C. A system that drains has λ < C: W falls in a straight line and is
//! gone after W / (C − λ). One that is stuck is stationary, or grows: its own work keeps λ at or above C. So the slope tells
//! them apart, wherever the backlog stands. It is looked at rather than worked out beforehand: a line that waits in a service
//! before a database, or work for callers who have given up, is in nobody's queue when the fault ends.

use super::inquiry::{Course, Inquiry};
use super::pulse::Pulse;
use super::wait::Wait;
use crate::experiments::trials::Case;
use crate::measure::Warm;
use crate::units::SimDuration;

/// The slope is taken between two steps of at least so long.
const STEP: SimDuration = SimDuration::from_secs(10);
/// How often one looks again.
const LOOKS: usize = 4;
/// Standard errors that chance may explain.
const SIGMAS: f64 = 3.0;
/// The slope is an estimate, and other seeds need longer.
const GRANTED: f64 = 1.2;

impl Inquiry<'_, '_> {
    /// The wait, lengthened as long as a run drains: to when it will have, by its slope, but not beyond `most`. The run goes on
    /// as far as one has to look.
    pub fn drained<'q>(
        &self,
        case: &Case<'q>,
        warm: &mut Warm<'q>,
        course: &Course,
        wait: Wait,
        most: SimDuration,
    ) -> Wait {
        let whole = |seconds: f64| SimDuration((seconds / course.window.seconds()).ceil() as u64 * course.window.0);
        let usual = self.usual(warm, course);
        let mut wait = wait;
        for _ in 0..LOOKS {
            let step = whole(wait.length.max(STEP).seconds().min(60.0));
            let from = course.until + wait.length;
            let (middle, end) = (from + step, from + step + step);
            case.advance(warm, 0, end);
            let [earlier, later] = [[from, middle], [middle, end]].map(|[a, b]| self.pulse(warm, course, a, b));
            if warm.was_cut() {
                return Wait { capped: true, ..wait };
            }
            if warm.has_stopped() {
                return wait;
            }
            if later.is_back(&usual) {
                // What is seen to come back is waited for.
                let more = if earlier.is_back(&usual) { SimDuration::ZERO } else { step };
                return Wait { length: wait.length + more, ..wait };
            }
            // What does not fall any more will not be gone later: more patience would show nothing else.
            let Some(more) = to_go(&usual, [&earlier, &later]) else { return Wait { capped: false, ..wait } };
            let wanted = whole((wait.length + step + step).seconds() + GRANTED * more);
            if wanted > most {
                return self.at_most(case, warm, course, &usual, most.max(wait.length));
            }
            wait.length = wanted;
        }
        Wait { capped: true, ..wait }
    }
}

impl Inquiry<'_, '_> {
    /// The longest wait. It was cut short only if what is in progress still falls at its end: the last of what a fault held
    /// up may run off quickly, and what stays after it is no debt.
    fn at_most<'q>(
        &self,
        case: &Case<'q>,
        warm: &mut Warm<'q>,
        course: &Course,
        usual: &Pulse,
        length: SimDuration,
    ) -> Wait {
        let half = SimDuration((length.0 / 2).div_ceil(course.window.0) * course.window.0);
        let from = course.until + length;
        let (middle, end) = (from + half, from + half + half);
        case.advance(warm, 0, end);
        let [earlier, later] = [[from, middle], [middle, end]].map(|[a, b]| self.pulse(warm, course, a, b));
        let falls = !warm.has_stopped() && !later.is_back(usual) && to_go(usual, [&earlier, &later]).is_some();
        Wait { length, capped: falls }
    }
}

/// Seconds until what is beyond the usual is gone, by how much less there is in the later of two steps of one length; `None`
/// when it does not fall by more than chance: what comes and what is done scatter like the square root of their number.
fn to_go(usual: &Pulse, [earlier, later]: [&Pulse; 2]) -> Option<f64> {
    let fall = earlier.in_progress() - later.in_progress();
    let beyond = later.in_progress() - usual.in_progress();
    let chance = SIGMAS * (2.0 * later.arrivals()).sqrt();
    (fall > chance && beyond > 0.0).then(|| later.seconds() * beyond / fall)
}
