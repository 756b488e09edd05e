//! How far a long command is, on standard error: a bar with an estimate on a terminal, plain lines with `-v` elsewhere.

use super::{interrupt, terminal};
use crate::experiments;
use crate::units::SimDuration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How a stage of several steps is shown, and one of a single step.
const STEPS: &str = "{elapsed:>4}  {msg:<28} {bar:24} {percent:>3}%  {prefix}";
const WHOLE: &str = "{elapsed:>4}  {msg} {spinner}";

/// Tells how far it is. Shared by all threads.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: bool,
    verbose: bool,
    begun: Instant,
    /// How long all of it may take.
    limit: Option<Duration>,
    /// When the present stage began, in milliseconds.
    stage: AtomicU64,
}

impl Progress {
    /// `shown` is what the user wants, `verbose` asks for lines where there is no terminal.
    #[expect(clippy::disallowed_methods, reason = "how long it took is told to the user and changes no result")]
    pub(super) fn new(shown: bool, verbose: bool) -> Progress {
        let terminal = terminal::is_stderr();
        let bar = if shown && terminal {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        } else {
            ProgressBar::hidden()
        };
        Progress {
            bar,
            lines: verbose && !(shown && terminal),
            verbose,
            begun: Instant::now(),
            limit: None,
            stage: AtomicU64::new(0),
        }
    }

    /// All of it may take so long, from the beginning of the command.
    pub(super) fn limit(&mut self, time: SimDuration) {
        self.limit = Some(Duration::from_nanos(time.0));
    }

    /// Tells how long something took, where everything is asked for.
    pub(super) fn told(&self, line: &str) {
        if self.verbose {
            let seconds = self.begun.elapsed().as_secs_f64();
            // Nobody is left to tell when standard error is closed.
            self.bar.suspend(|| writeln!(std::io::stderr().lock(), "[{seconds:6.1} s] {line}").unwrap_or_default());
        }
    }

    /// All is done: the bar disappears.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        if self.lines {
            let seconds = self.begun.elapsed().as_secs_f64();
            let _ = writeln!(std::io::stderr().lock(), "[{seconds:6.1} s] done");
        }
    }
}

impl experiments::Progress for Progress {
    fn begin(&self, what: &str, steps: u64) {
        if self.lines {
            let seconds = self.begun.elapsed().as_secs_f64();
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr().lock(), "[{seconds:6.1} s] {what}");
        }
        // Steps of one stage take about as long as one another, those of two do not: each stage has its own estimate.
        self.bar.set_message(what.to_string());
        self.bar.set_prefix("");
        let template = if steps > 1 { STEPS } else { WHOLE };
        self.bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_length(steps.max(1));
        self.bar.set_position(0);
        self.stage.store(self.bar.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn advance(&self, steps: u64) {
        self.bar.inc(steps);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let taken = self.bar.elapsed().as_millis() as u64;
        let taken = taken.saturating_sub(self.stage.load(Ordering::Relaxed));
        if done > 0 && taken > 500 {
            let left = taken as f64 / done as f64 * all.saturating_sub(done) as f64 / 1000.0;
            self.bar.set_prefix(format!("{left:.0}s left of this step"));
        }
    }

    fn time_left(&self) -> Option<f64> {
        if interrupt::asked() {
            return Some(0.0);
        }
        self.limit.map(|limit| limit.as_secs_f64() - self.begun.elapsed().as_secs_f64())
    }

    fn clock(&self) -> Option<f64> {
        Some(self.begun.elapsed().as_secs_f64())
    }

    fn stopped(&self) -> bool {
        interrupt::asked()
    }
}

/// One of several things that are done at a time: how far it is concerns nobody but itself.
pub(super) struct Aside<'p>(pub(super) &'p Progress);

impl experiments::Progress for Aside<'_> {
    fn begin(&self, _what: &str, _steps: u64) {}

    fn advance(&self, _steps: u64) {}

    fn time_left(&self) -> Option<f64> {
        self.0.time_left()
    }

    fn clock(&self) -> Option<f64> {
        self.0.clock()
    }

    fn stopped(&self) -> bool {
        self.0.stopped()
    }
}
