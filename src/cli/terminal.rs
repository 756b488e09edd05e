//! What is on the other end of the standard streams.

use super::values::Colour;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal};

/// Columns where no terminal says otherwise.
const WIDTH: usize = 80;

/// Decides about colour for everything written from now on.
pub(super) fn choose_colour(colour: Colour) {
    match colour {
        Colour::Auto => ColorChoice::Auto,
        Colour::Always => ColorChoice::Always,
        Colour::Never => ColorChoice::Never,
    }
    .write_global();
}

pub(super) fn is_stdout() -> bool {
    io::stdout().is_terminal()
}

pub(super) fn is_stderr() -> bool {
    io::stderr().is_terminal()
}

pub(super) fn colour_on_stdout() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

pub(super) fn colour_on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Columns of the terminal; 80 where there is none.
pub(super) fn width() -> usize {
    if !is_stdout() {
        return WIDTH;
    }
    terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}
