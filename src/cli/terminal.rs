//! What is on the other end of the standard streams.

use super::values::Colour;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal, Write};

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

/// Says something to whoever sits at a terminal; a script has its exit code.
pub(super) fn tell(line: &str) {
    if is_stderr() {
        // Nobody is left to tell when it is closed.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

pub(super) fn colour_on_stdout() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

pub(super) fn colour_on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether the terminal's language says that it shows nothing but ASCII. Nothing said is taken for UTF-8.
pub(super) fn is_ascii() -> bool {
    let said =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    is_stdout() && said.is_some_and(|language| !is_utf8(&language))
}

/// `en_GB.UTF-8` is, `C` and `de_DE.ISO-8859-1` are not.
fn is_utf8(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    language.contains("utf-8") || language.contains("utf8")
}

/// Columns of the terminal; 80 where there is none.
pub(super) fn width() -> usize {
    if !is_stdout() {
        return WIDTH;
    }
    terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_tell_their_characters() {
        assert!(is_utf8("en_GB.UTF-8") && is_utf8("C.utf8"));
        assert!(!is_utf8("C") && !is_utf8("POSIX") && !is_utf8("de_DE.ISO-8859-1"));
    }
}
