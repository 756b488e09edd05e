//! Problems as rustc shows them: what is wrong, file:line:column, the line itself, and what to try.

use super::{Place, Problem};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// More problems than this are counted, not shown.
const SHOWN: usize = 50;

/// All problems of a file as text, each ending in a line feed.
pub fn render(file: &str, text: &str, problems: &[Problem], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for problem in problems.iter().take(SHOWN) {
        out.push_str(&renderer.render(&[group(file, text, problem)]));
        out.push_str("\n\n");
    }
    if problems.len() > SHOWN {
        out.push_str(&format!("… and {} more\n\n", problems.len() - SHOWN));
    }
    out.pop();
    out
}

fn group<'a>(file: &'a str, text: &'a str, problem: &'a Problem) -> Group<'a> {
    let title = Level::ERROR.primary_title(problem.message.as_str());
    let group = match problem.place.and_then(|place| excerpt(text, place)) {
        Some((line, start, span)) => {
            let mark = AnnotationKind::Primary.span(span).label(problem.label.as_deref());
            title.element(Snippet::source(line).path(file).line_start(start).annotation(mark))
        }
        None => title.element(Origin::path(file)),
    };
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The line of a place, its number, and the marked part within it. A value of several lines is marked in its first.
fn excerpt(text: &str, place: Place) -> Option<(&str, usize, std::ops::Range<usize>)> {
    if place.line == 0 || !text.is_char_boundary(place.start) {
        return None;
    }
    let begin = text[..place.start].rfind('\n').map_or(0, |i| i + 1);
    let length = text[begin..].find('\n').unwrap_or(text.len() - begin);
    let line = text[begin..begin + length].trim_end_matches('\r');
    let from = (place.start - begin).min(line.len());
    let mut to = (place.end.max(place.start) - begin).clamp(from, line.len());
    while !line.is_char_boundary(to) {
        to -= 1;
    }
    let to = from + line[from..to].trim_end().len();
    Some((line, place.line as usize, from..to))
}
