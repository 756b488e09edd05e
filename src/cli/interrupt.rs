//! Ctrl-C: once, and a long command ends with what is known by then, marked as incomplete; twice, and it ends at once.

use super::exit::Exit;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is heard, for a command that can end early. Where it cannot be, it ends the program as it always does.
pub(super) fn listen() {
    let heard = || {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        // Nobody is left to tell when standard error is closed.
        let text = "\nstopping: what is known so far is told; once more ends at once\n";
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    };
    let _ = ctrlc::set_handler(heard);
}

/// Whether somebody has asked to stop.
pub(super) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
