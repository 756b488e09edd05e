//! The system as a layered picture.

use super::layout::{Arrow, HIGH, Layout, Place, WIDE};
use crate::report::Report;
use crate::report::pictures::{Pictures, Wire};
use crate::report::words::{factor, share};
use maud::{Markup, html};
use std::fmt::Write as _;

/// From this share in use on a box is marked.
const FULL: f64 = 0.95;
const BUSY: f64 = 0.7;

/// The picture; `live` for the one that a failure is replayed on.
pub(super) fn picture(report: &Report, layout: &Layout, live: bool) -> Markup {
    let (w, h) = (layout.width.ceil(), layout.height.ceil());
    let id = if live { "live" } else { "still" };
    html! {
        div.wide tabindex="0" role="group" aria-label="Picture of the system; scroll sideways where it is wider than the screen" {
            svg.topology id=(id) viewBox=(format!("0 0 {w} {h}")) width=(w) height=(h) role="img" aria-labelledby=(format!("{id}-title")) {
                title id=(format!("{id}-title")) { "Components of " (report.model.name) ", callers above what they call" }
                defs {
                    marker id=(format!("{id}-tip")) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse" {
                        path d="M0 0 8 4 0 8z" class="tip" {}
                    }
                }
                @for arrow in &layout.arrows { (line(arrow, id)) }
                @for (i, place) in layout.boxes.iter().enumerate() { (node(report, place, i, live)) }
                @for arrow in &layout.arrows { (words(arrow)) }
            }
        }
    }
}

fn line(arrow: &Arrow, id: &str) -> Markup {
    let class = if arrow.wire.delivers || arrow.wire.dead_letters { "wire delivers" } else { "wire" };
    html! {
        path class=(class) data-to=(arrow.to) d=(curve(&arrow.points)) marker-end=(format!("url(#{id}-tip)")) {
            title { (arrow.wire.name) }
        }
    }
}

fn words(arrow: &Arrow) -> Markup {
    let lines = arrow.words();
    let top = arrow.label.1 - 6.5 * lines.len() as f64 + 10.0;
    let all = if arrow.wire.guards.is_empty() { "no guard".into() } else { arrow.wire.guards.join(", ") };
    html! {
        text.on-wire x=(round(arrow.label.0)) text-anchor="middle" {
            title { (arrow.wire.name) ": " (all) }
            @for (i, line) in lines.iter().enumerate() {
                tspan x=(round(arrow.label.0)) y=(round(top + 13.0 * i as f64)) class=[(line == "no guard").then_some("bare")] { (line) }
            }
        }
    }
}

fn node(report: &Report, place: &Place, index: usize, live: bool) -> Markup {
    let (x, y) = (place.x - WIDE / 2.0, place.y - HIGH / 2.0);
    let node = &place.node;
    let runs = report.side_by_side();
    let state = if live { "well" } else { state(node.busy.last().cloned().flatten()) };
    let what = match (&node.technology, &node.size) {
        (_, Some(size)) if place.members == 1 => size.clone(),
        (Some(technology), _) => technology.clone(),
        _ => node.role.clone(),
    };
    html! {
        g.node data-state=(state) data-role=(node.role) id=[live.then(|| format!("n{index}"))] transform=(format!("translate({} {})", round(x), round(y))) {
            title { (node.name) ", " (node.role) @if let Some(size) = &node.size { ", " (size) } }
            rect width=(WIDE) height=(HIGH) rx=(if node.role == "traffic" { 30 } else { 6 }) {}
            text.name x=(WIDE / 2.0) y="20" text-anchor="middle" { (short(&node.name, 21)) }
            text.what x=(WIDE / 2.0) y="36" text-anchor="middle" { (short(&what, 26)) }
            @if live && node.role != "traffic" {
                rect.bar x="12" y="44" width=(WIDE - 24.0) height="5" rx="2" {}
                rect.fill x="12" y="44" width="0" height="5" rx="2" {}
                text.state x=(WIDE / 2.0) y="65" text-anchor="middle" { "well" }
            } @else if node.role != "traffic" {
                @for (i, (run, busy)) in runs.iter().zip(&node.busy).enumerate() { (bar(i, run.load, busy)) }
            }
        }
    }
}

/// A run's share in use: a bar, and the figure beside it.
fn bar(row: usize, load: f64, busy: &Option<(String, f64)>) -> Markup {
    let y = 44.0 + 13.0 * row as f64;
    let share_used = busy.as_ref().map_or(0.0, |(_, share)| *share);
    let figure = match busy {
        Some((_, used)) if *used >= FULL => format!("{} full", share(*used)),
        Some((_, used)) => share(*used),
        None => "–".into(),
    };
    html! {
        text.load x="10" y=(y + 9.0) { (factor(load)) }
        rect.bar x="40" y=(y + 2.0) width="62" height="6" rx="2" {}
        rect class=(format!("fill {}", state(busy.clone()))) x="40" y=(y + 2.0) width=(round(62.0 * share_used.min(1.0))) height="6" rx="2" {}
        text.share x="106" y=(y + 9.0) { (figure) }
    }
}

fn state(busy: Option<(String, f64)>) -> &'static str {
    match busy {
        Some((_, share)) if share >= FULL => "full",
        Some((_, share)) if share >= BUSY => "busy",
        _ => "well",
    }
}

/// A smooth line through points.
fn curve(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    // Writing to a string cannot fail.
    let _ = match points {
        [] => Ok(()),
        [first, rest @ ..] => {
            let mut done = write!(d, "M{} {}", round(first.0), round(first.1));
            for (i, p) in rest.iter().enumerate() {
                done = match rest.get(i + 1) {
                    Some(next) => {
                        let middle =
                            if i + 2 == rest.len() { *next } else { ((p.0 + next.0) / 2.0, (p.1 + next.1) / 2.0) };
                        write!(d, "Q{} {} {} {}", round(p.0), round(p.1), round(middle.0), round(middle.1))
                    }
                    None if rest.len() == 1 => write!(d, "L{} {}", round(p.0), round(p.1)),
                    None => Ok(()),
                };
            }
            done
        }
    };
    d
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn short(name: &str, most: usize) -> String {
    if name.chars().count() <= most { name.into() } else { name.chars().take(most - 1).chain(['…']).collect() }
}

/// What is said of an arrow in files of their own, line by line: how often, and every guard.
fn said(wire: &Wire) -> Vec<String> {
    let rate = format!("{}/s", crate::report::words::number(wire.rate_per_s));
    let what = if wire.dead_letters { format!("dead letters, {rate}") } else { rate };
    std::iter::once(what).chain(wire.guards.iter().cloned()).collect()
}

/// The topology for Graphviz.
pub(in crate::report) fn dot(pictures: &Pictures) -> String {
    let quoted = |text: &str| {
        let text = super::clean(text).replace('\\', "\\\\").replace('"', "\\\"");
        // A line's end is written so, too.
        format!("\"{}\"", text.replace('\n', "\\n"))
    };
    let mut out = String::from("digraph system {\n  rankdir=TB;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (i, node) in pictures.nodes.iter().enumerate() {
        let shape = match node.role.as_str() {
            "traffic" => ", shape=ellipse",
            "database" | "cache" => ", shape=cylinder",
            _ => "",
        };
        let _ = writeln!(out, "  n{i} [label={}{shape}];", quoted(&node.name));
    }
    for wire in &pictures.wires {
        let dashed = if wire.delivers || wire.dead_letters { ", style=dashed" } else { "" };
        let _ = writeln!(out, "  n{} -> n{} [label={}{dashed}];", wire.from, wire.to, quoted(&said(wire).join("\n")));
    }
    out.push_str("}\n");
    out
}

/// The topology for Mermaid.
pub(in crate::report) fn mermaid(pictures: &Pictures) -> String {
    // Mermaid knows character codes only in its own form: #quot; for a quote.
    let plain = |text: &str| -> String {
        let safe = |c: char| match c {
            '"' | '<' | '>' | '#' | ';' | '&' | '`' | '|' | '{' | '}' | '[' | ']' | '\\' => format!("#{};", c as u32),
            '\n' => " ".into(),
            c => c.to_string(),
        };
        super::clean(text).chars().map(safe).collect()
    };
    let mut out = String::from("flowchart TB\n");
    for (i, node) in pictures.nodes.iter().enumerate() {
        let (open, close) = match node.role.as_str() {
            "traffic" => ("([", "])"),
            "database" | "cache" => ("[(", ")]"),
            _ => ("[", "]"),
        };
        let _ = writeln!(out, "  n{i}{open}\"{}\"{close}", plain(&node.name));
    }
    for wire in &pictures.wires {
        let line = if wire.delivers || wire.dead_letters { "-.->" } else { "-->" };
        let label: Vec<String> = said(wire).iter().map(|part| plain(part)).collect();
        let _ = writeln!(out, "  n{} {line}|\"{}\"| n{}", wire.from, label.join("<br/>"), wire.to);
    }
    out
}
