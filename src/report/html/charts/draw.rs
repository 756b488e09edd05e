//! One kind of chart: lines over a number, with marks.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write as _;

/// Drawn so many times as large.
const SCALE: i32 = 4;
/// Of words; plotters draws them at four fifths of it.
const TEXT_SIZE: i32 = 15;
const WIDTH: i32 = 400;
const HEIGHT: i32 = 250;

/// Stand-ins for colours, with the variable of the page and the colour in a file of its own.
const INKS: &[(RGBColor, &str, &str)] = &[
    (RGBColor(1, 1, 1), "var(--text)", "#1c2330"),
    (RGBColor(2, 2, 2), "var(--dim)", "#57606f"),
    (RGBColor(3, 3, 3), "var(--grid)", "#dfe3e8"),
    (RGBColor(4, 4, 4), "var(--bad)", "#b42318"),
    (RGBColor(5, 5, 5), "var(--fault)", "#f6dcd9"),
    (RGBColor(6, 6, 6), "var(--ground)", "#ffffff"),
    (RGBColor(7, 7, 7), "var(--bad)", "#b42318"),
    (RGBColor(11, 1, 1), "var(--line1)", "#1f5fbf"),
    (RGBColor(12, 1, 1), "var(--line2)", "#b35900"),
    (RGBColor(13, 1, 1), "var(--line3)", "#177245"),
    (RGBColor(14, 1, 1), "var(--line4)", "#8e3a9d"),
    (RGBColor(15, 1, 1), "var(--line5)", "#5a6472"),
];
const TEXT: RGBColor = INKS[0].0;
const DIM: RGBColor = INKS[1].0;
const GRID: RGBColor = INKS[2].0;
const BAD: RGBColor = INKS[3].0;
const FAULT: RGBColor = INKS[4].0;
const GROUND: RGBColor = INKS[5].0;
/// Words at a mark. They and those in the colour of a line stand on lines, so they have a rim of the ground's colour.
const RIMMED: RGBColor = INKS[6].0;
/// Where the colours of lines begin.
const FIRST_LINE: usize = 7;
const LINES: usize = 5;

/// A chart.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Chart {
    pub title: String,
    /// Under the axis, with the unit.
    pub x_word: &'static str,
    pub x: (f64, f64),
    /// How a place on it is written.
    pub x_show: Option<fn(f64) -> String>,
    /// The highest value to show; the axis begins at 0.
    pub top: f64,
    pub y_show: Option<fn(f64) -> String>,
    pub lines: Vec<Line>,
    /// Times in which something was wrong.
    pub bands: Vec<(f64, f64, String)>,
    /// Places on the x axis: `capacity 4.26x`.
    pub marks: Vec<(f64, String)>,
    /// Heights, what stands beside them, and the colour of the line they are for: `800ms`.
    pub limits: Vec<(f64, String, usize)>,
}

/// A line; `None` interrupts it.
#[derive(Clone, Debug)]
pub(in crate::report) struct Line {
    pub name: String,
    /// Which colour and pattern.
    pub hue: usize,
    pub points: Vec<(f64, Option<f64>)>,
    /// A dot at every point, where there are few.
    pub dots: bool,
}

impl Chart {
    /// The chart as SVG with colours that are variables of the page. Empty when it cannot be drawn.
    pub(in crate::report) fn svg(&self) -> String {
        let mut out = String::new();
        let size = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
        let drawn = self.draw(&SVGBackend::with_string(&mut out, size).into_drawing_area());
        if drawn.is_err() {
            return String::new();
        }
        framed(&out, &self.title)
    }

    fn draw(&self, area: &DrawingArea<SVGBackend, Shift>) -> Result<(), Box<dyn std::error::Error>> {
        let font = |colour: &RGBColor| ("sans-serif", TEXT_SIZE * SCALE).into_font().color(colour);
        let (x0, x1) = if self.x.1 > self.x.0 { self.x } else { (self.x.0, self.x.0 + 1.0) };
        let top = if self.top > 0.0 { self.top } else { 1.0 };
        let mut chart = ChartBuilder::on(area)
            .margin_right(16 * SCALE)
            .margin_top((14 + 18 * self.legend_rows()) * SCALE)
            .x_label_area_size(36 * SCALE)
            .y_label_area_size(48 * SCALE)
            .build_cartesian_2d(x0..x1, 0.0..top)?;
        for (from, to, _) in &self.bands {
            let ends = [(from.max(x0), top), (to.min(x1), 0.0)];
            chart.draw_series([Rectangle::new(ends, FAULT.filled())])?;
        }
        let show_x = |x: &f64| self.x_show.map_or_else(|| format!("{x}"), |f| f(*x));
        let show_y = |y: &f64| self.y_show.map_or_else(|| format!("{y}"), |f| f(*y));
        chart
            .configure_mesh()
            .x_labels(7)
            .y_labels(6)
            .x_label_formatter(&show_x)
            .y_label_formatter(&show_y)
            .x_desc(self.x_word)
            .label_style(font(&DIM))
            .axis_desc_style(font(&DIM))
            .axis_style(DIM.stroke_width(SCALE as u32))
            .bold_line_style(GRID.stroke_width(SCALE as u32))
            .light_line_style(TRANSPARENT)
            .set_all_tick_mark_size(4 * SCALE)
            .draw()?;
        for line in &self.lines {
            for part in line.points.split(|(_, y)| y.is_none()) {
                let points: Vec<(f64, f64)> = part.iter().filter_map(|(x, y)| y.map(|y| (*x, y.min(top)))).collect();
                let style = hue(line.hue).stroke_width(2 * SCALE as u32);
                if line.dots || points.len() == 1 {
                    let dot = |p: &(f64, f64)| Circle::new(*p, 3 * SCALE, hue(line.hue).filled());
                    chart.draw_series(points.iter().map(dot))?;
                }
                chart.draw_series(LineSeries::new(points, style))?;
            }
        }
        self.marks(&mut chart, [x0, x1, top])?;
        self.legend(area)?;
        area.present()?;
        Ok(())
    }

    fn marks<'a>(
        &self,
        chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
        [x0, x1, top]: [f64; 3],
    ) -> Result<(), Box<dyn std::error::Error>> {
        let font = |colour: &RGBColor| ("sans-serif", TEXT_SIZE * SCALE).into_font().color(colour);
        for (i, (x, text)) in self.marks.iter().enumerate() {
            let style = BAD.stroke_width(SCALE as u32 + 2);
            chart.draw_series([PathElement::new(vec![(*x, 0.0), (*x, top)], style)])?;
            let right = *x > (x0 + x1) / 2.0;
            let room = (x1 - x0) * 0.012;
            let at = (if right { x - room } else { x + room }, top * (0.98 - 0.07 * i as f64));
            let pos = Pos::new(if right { HPos::Right } else { HPos::Left }, VPos::Top);
            chart.draw_series([Text::new(text.clone(), at, font(&RIMMED).pos(pos))])?;
        }
        for (i, (y, text, line)) in self.limits.iter().filter(|(y, ..)| *y <= top).enumerate() {
            let dashes = (0..40).filter(|i| i % 2 == 0).map(|i| {
                let at = |i: i32| x0 + (x1 - x0) * f64::from(i) / 40.0;
                PathElement::new(vec![(at(i), *y), (at(i + 1), *y)], hue(*line).stroke_width(SCALE as u32 + 2))
            });
            chart.draw_series(dashes)?;
            // Limits that lie close together have their words side by side.
            let at = (x1 - (x1 - x0) * (0.01 + 0.17 * (i % 3) as f64), *y);
            let style = font(&hue(*line)).pos(Pos::new(HPos::Right, VPos::Bottom));
            chart.draw_series([Text::new(text.clone(), at, style)])?;
        }
        for (from, _, text) in &self.bands {
            let at = (from.max(x0) + (x1 - x0) * 0.008, top * 0.985);
            chart.draw_series([Text::new(text.clone(), at, font(&BAD))])?;
        }
        Ok(())
    }

    /// Above the chart: which line is which.
    fn legend(&self, area: &DrawingArea<SVGBackend, Shift>) -> Result<(), Box<dyn std::error::Error>> {
        let style = ("sans-serif", TEXT_SIZE * SCALE).into_font().color(&TEXT);
        for (line, (x, row)) in self.lines.iter().zip(self.legend_places()) {
            let y = (12 + 18 * row) * SCALE;
            let (from, to) = (x * SCALE, (x + 16) * SCALE);
            area.draw(&PathElement::new(vec![(from, y), (to, y)], hue(line.hue).stroke_width(3 * SCALE as u32)))?;
            area.draw(&Text::new(line.name.clone(), (to + 4 * SCALE, y - 8 * SCALE), style.clone()))?;
        }
        Ok(())
    }

    /// Where each line's name stands: its left end and its row.
    fn legend_places(&self) -> Vec<(i32, i32)> {
        let (mut x, mut row) = (48, 0);
        let place = |line: &Line| {
            let wide = 34 + 7 * line.name.chars().count() as i32;
            if x + wide > WIDTH && x > 48 {
                (x, row) = (48, row + 1);
            }
            let here = (x, row);
            x += wide;
            here
        };
        self.lines.iter().map(place).collect()
    }

    fn legend_rows(&self) -> i32 {
        self.legend_places().last().map_or(0, |(_, row)| row + 1)
    }
}

fn hue(i: usize) -> RGBColor {
    INKS[FIRST_LINE + i % LINES].0
}

/// The size it is shown at, a title for who cannot see it, and the colours of the page.
fn framed(svg: &str, title: &str) -> String {
    let Some(body) = svg.find('>').map(|end| &svg[end + 1..]) else { return String::new() };
    let (wide, high) = (WIDTH * SCALE, HEIGHT * SCALE);
    let mut text = String::new();
    let title = escaped(title);
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\"><title>{title}</title>{body}"
    );
    let rim = format!("stroke=\"{}\" stroke-width=\"{}\" paint-order=\"stroke\"", hex(&GROUND), 4 * SCALE);
    for (ink, ..) in &INKS[FIRST_LINE - 1..] {
        // Only of words is the colour the last attribute.
        let fill = format!("fill=\"{}\"", hex(ink));
        text = text.replace(&format!("{fill}>"), &format!("{fill} {rim}>"));
    }
    for (stand_in, variable, _) in INKS {
        text = text.replace(&hex(stand_in), variable);
    }
    text
}

/// A chart of the page as a file of its own: in the light colours.
pub(in crate::report) fn alone(svg: &str) -> String {
    let mut text = svg.to_string();
    for (_, variable, colour) in INKS {
        text = text.replace(variable, colour);
    }
    let ground = "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>";
    match text.find("</title>") {
        Some(at) => {
            text.insert_str(at + "</title>".len(), ground);
            text
        }
        None => text,
    }
}

fn hex(colour: &RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

/// Text inside markup, without control characters, which XML does not allow.
pub(in crate::report) fn escaped(text: &str) -> String {
    let clean = super::super::clean(text);
    maud::Render::render(&clean).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_one_svg_whatever_the_names() {
        let hostile = "</text><script>alert(1)</script>";
        let line = Line { name: hostile.into(), hue: 0, points: vec![(0.0, Some(1.0)), (1.0, None)], dots: true };
        let chart = Chart {
            title: hostile.into(),
            x: (0.0, 1.0),
            top: 2.0,
            lines: vec![line],
            marks: vec![(0.5, hostile.into())],
            limits: vec![(1.0, hostile.into(), 0)],
            bands: vec![(0.1, 0.2, hostile.into())],
            ..Chart::default()
        };
        let svg = chart.svg();
        assert!(!svg.contains("<script"), "{svg}");
        assert_eq!(svg.matches("<svg").count(), 1);
        assert!(svg.contains("var(--line1)") && !svg.contains("#0B0101"));
        assert!(!alone(&svg).contains("var("));
    }
}
