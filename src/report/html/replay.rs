//! A failure replayed on the topology: a slider over time.

use super::layout::Layout;
use super::topology;
use crate::report::Report;
use crate::report::pictures::{Course, Pictures};
use crate::report::words::factor;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

pub(super) fn replay(report: &Report, pictures: &Pictures, layout: &Layout) -> Markup {
    if pictures.courses.is_empty() {
        return html! {};
    }
    let all: Vec<Value> = pictures.courses.iter().map(|course| told(pictures, layout, course)).collect();
    html! {
        h3 id="replay" { "Replay: how it spreads" }
        p { "Move the slider to see each component while something goes wrong: a mark in colour, its state in words, and the share of it that is busy. One run, the same seed as everywhere." }
        div.controls id="replay-controls" hidden {
            label { "What goes wrong: "
                select id="replay-pick" {
                    @for (i, course) in pictures.courses.iter().enumerate() {
                        option value=(i) { (course.fault.text) " (at " (factor(course.load)) ")" }
                    }
                }
            }
            button type="button" id="replay-play" { "Play" }
            input type="range" id="replay-time" min="0" max="1" value="0" step="1" aria-label="Time";
        }
        p id="replay-say" { "The slider needs scripts; without them, the lists below tell the same in order of time." }
        (topology::picture(report, layout, true))
        script type="application/json" id="replay-data" { (PreEscaped(script_safe(&Value::Array(all)))) }
    }
}

/// What the script reads: for each window the state of each box, and what users got.
fn told(pictures: &Pictures, layout: &Layout, course: &Course) -> Value {
    let traffic = pictures.nodes.iter().filter(|n| n.role == "traffic").count();
    // Boxes that are one component each; of a group no state is told.
    let shown: Vec<usize> =
        (traffic..pictures.nodes.len()).filter(|n| layout.boxes[layout.of_node[*n]].members == 1).collect();
    let frames: Vec<Value> = course
        .windows
        .iter()
        .zip(&course.states)
        .map(|(window, states)| {
            let mine = || shown.iter().filter_map(|n| states.get(n - traffic));
            let letters: String = mine().map(|s| letter(s.state)).collect();
            let busy: Vec<Option<i64>> = mine().map(|s| s.busy.map(|b| (b * 100.0).round() as i64)).collect();
            json!({ "s": letters, "b": busy, "g": window.goodput_per_s.round() as i64, "f": window.failed_per_s.round() as i64 })
        })
        .collect();
    let end = course.windows.len() as f64 * course.window_s;
    let target = course.fault.target.split('>').next_back().unwrap_or_default();
    let is_struck =
        |n: &usize| target == pictures.nodes[*n].name || target.starts_with(&format!("{}.", pictures.nodes[*n].name));
    json!({
        "window": course.window_s,
        "from": course.fault.start_s,
        "until": course.fault.duration_s.map_or(end, |d| course.fault.start_s + d),
        "nodes": shown.iter().map(|n| layout.of_node[*n]).collect::<Vec<_>>(),
        "names": shown.iter().map(|n| &pictures.nodes[*n].name).collect::<Vec<_>>(),
        "struck": shown.iter().find(|n| is_struck(n)).map(|n| layout.of_node[*n]),
        "events": course.events,
        "frames": frames,
    })
}

fn letter(state: &str) -> char {
    match state {
        "full" => 'f',
        "failing" => 'x',
        "down" => 'd',
        _ => 'w',
    }
}

/// JSON that cannot end the script it stands in.
fn script_safe(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_end_the_script() {
        let hostile = json!({ "name": "</script><script>alert(1)</script><!--" });
        let text = script_safe(&hostile);
        assert!(!text.contains('<') && !text.contains('>'));
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(hostile));
    }
}
