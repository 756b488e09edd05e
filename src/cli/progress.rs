//! How far a long command is, on standard error: a bar with an estimate on a terminal, plain lines with `-v` elsewhere.

use super::terminal;
use crate::experiments;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// Tells how far it is. Shared by all threads.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: bool,
    begun: Instant,
}

impl Progress {
    /// `shown` is what the user wants, `verbose` asks for lines where there is no terminal.
    #[expect(clippy::disallowed_methods, reason = "how long it took is told to the user and changes no result")]
    pub(super) fn new(shown: bool, verbose: bool) -> Progress {
        let terminal = terminal::is_stderr();
        let bar = if shown && terminal {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{msg:<34} {bar:24} {percent:>3}%  {eta_precise} left")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        } else {
            ProgressBar::hidden()
        };
        Progress { bar, lines: verbose && !(shown && terminal), begun: Instant::now() }
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
        self.bar.set_message(what.to_string());
        self.bar.inc_length(steps);
    }

    fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }
}
