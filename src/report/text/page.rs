//! A page of text being written: headings, paragraphs that wrap, tables.
//!
//! Ink is marked in the text by characters without width and turned into colours, or nothing, at the end. So tables and
//! wrapping see the width a reader sees.

use crate::report::Style;
use anstyle::{AnsiColor, Style as Ansi};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr;

/// A page in the making.
pub(super) struct Page {
    text: String,
    width: usize,
    /// Show everything.
    pub(super) verbose: bool,
    /// How much must be left out so that all of it is a page: 0 for nothing, up to [`TIGHTEST`].
    tight: usize,
}

/// What colour a word has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Bad,
    Warn,
    Good,
    Dim,
    Bold,
}

/// Function application, invisible times, separator and plus, and the word joiner: no width and no place in a model.
const INKS: [(char, Ink); 5] = [
    ('\u{2061}', Ink::Bad),
    ('\u{2062}', Ink::Warn),
    ('\u{2063}', Ink::Good),
    ('\u{2064}', Ink::Dim),
    ('\u{2060}', Ink::Bold),
];
/// The last step of leaving out.
pub(super) const TIGHTEST: usize = 3;
/// Columns between two columns of a table.
const GAP: usize = 2;
const END: char = '\u{200b}';

impl Ink {
    /// The text in this ink.
    pub(super) fn on(self, text: impl AsRef<str>) -> String {
        let mark = INKS.iter().find(|(_, ink)| *ink == self).map_or(END, |(mark, _)| *mark);
        format!("{mark}{}{END}", text.as_ref())
    }

    fn ansi(self) -> Ansi {
        match self {
            Ink::Bad => AnsiColor::Red.on_default().bold(),
            Ink::Warn => AnsiColor::Yellow.on_default(),
            Ink::Good => AnsiColor::Green.on_default(),
            Ink::Dim => Ansi::new().dimmed(),
            Ink::Bold => Ansi::new().bold(),
        }
    }
}

/// Columns a reader sees.
pub(super) fn width_of(text: &str) -> usize {
    // Marks have no width, but the table below must agree, so this is the same measure comfy-table takes.
    text.width()
}

impl Page {
    pub(super) fn new(width: usize, verbose: bool) -> Page {
        // Lines longer than this tire the eye; narrower and the tables do not fit.
        Page { text: String::new(), width: width.clamp(60, 140), verbose, tight: 0 }
    }

    /// The same with so much left out.
    pub(super) fn tight(self, tight: usize) -> Page {
        Page { tight: tight.min(TIGHTEST), ..self }
    }

    /// How many of something are told: by how much must be left out, and all when everything is asked for.
    pub(super) fn most(&self, by_tightness: [usize; TIGHTEST + 1]) -> usize {
        if self.verbose { usize::MAX } else { by_tightness[self.tight] }
    }

    /// Lines so far.
    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// An empty line, unless there is one.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading, and what must be known to read the section in dim ink behind it.
    pub(super) fn heading(&mut self, title: &str, about: &str) {
        self.gap();
        let title = Ink::Bold.on(title);
        let line = if about.is_empty() { title } else { format!("{title} {}", Ink::Dim.on(format!("({about})"))) };
        self.wrapped(0, 2, &line);
    }

    /// A paragraph, its first line indented by `first` and the others by `rest`.
    pub(super) fn wrapped(&mut self, first: usize, rest: usize, text: &str) {
        let mut line = " ".repeat(first);
        let mut used = first;
        let mut empty = true;
        for word in text.split(' ').filter(|w| !w.is_empty()) {
            let wide = width_of(word);
            if !empty && used + 1 + wide > self.width {
                self.push_line(&line);
                line = " ".repeat(rest);
                used = rest;
                empty = true;
            }
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
            empty = false;
        }
        self.push_line(&line);
    }

    /// A word in the margin and a paragraph beside it: `fix     open a circuit breaker`.
    pub(super) fn labelled(&mut self, indent: usize, label: &str, wide: usize, text: &str) {
        let pad = wide.saturating_sub(width_of(label)).max(1);
        let margin = indent + width_of(label) + pad;
        let start = self.text.len();
        self.wrapped(margin, indent + wide, text);
        let head = format!("{}{}{}", " ".repeat(indent), Ink::Dim.on(label), " ".repeat(pad));
        self.text.replace_range(start..start + margin, &head);
    }

    /// A word in the margin and a line that keeps its own spaces.
    pub(super) fn beside(&mut self, indent: usize, label: &str, wide: usize, line: &str) {
        let pad = wide.saturating_sub(width_of(label)).max(1);
        self.push_line(&format!("{}{}{}{line}", " ".repeat(indent), Ink::Dim.on(label), " ".repeat(pad)));
    }

    /// A line as it is.
    pub(super) fn push_line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A table indented by two. Columns whose header begins with `<` are aligned to the left. Where the page is too narrow,
    /// the names in the first column are shortened.
    pub(super) fn table(&mut self, header: &[&str], mut rows: Vec<Vec<String>>) {
        let widest = |column: usize| {
            let cells = rows.iter().map(|row| width_of(&row[column]));
            cells.chain([width_of(header[column].trim_start_matches('<'))]).max().unwrap_or(0)
        };
        let beside: usize = (1..header.len()).map(|column| widest(column) + GAP).sum();
        let room = self.width.saturating_sub(2 + beside).max(8);
        for row in rows.iter_mut().filter(|row| width_of(&row[0]) > room) {
            row[0] = shortened(&row[0], room);
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let cells = header.iter().map(|h| Cell::new(Ink::Dim.on(h.trim_start_matches('<'))));
        table.set_header(cells.collect::<Vec<_>>());
        for row in rows {
            table.add_row(row);
        }
        for (column, head) in table.column_iter_mut().zip(header) {
            let left = head.starts_with('<');
            column.set_cell_alignment(if left { CellAlignment::Left } else { CellAlignment::Right });
            column.set_padding((0, GAP as u16));
        }
        for line in table.lines() {
            self.push_line(&format!("  {line}"));
        }
    }

    /// The page, in colour or not. Control characters, which a model's names might smuggle in, are left out.
    pub(super) fn finish(self, style: &Style) -> String {
        let colour = style.colour;
        let mut out = String::with_capacity(self.text.len());
        let mut open: Option<Ink> = None;
        for c in self.text.chars() {
            if c == END {
                if let Some(ink) = open.take().filter(|_| colour) {
                    out.push_str(&format!("{:#}", ink.ansi()));
                }
            } else if let Some((_, ink)) = INKS.iter().find(|(mark, _)| *mark == c) {
                open = Some(*ink);
                if colour {
                    out.push_str(&ink.ansi().to_string());
                }
            } else if c == '\n' || !c.is_control() {
                match plainer(c).filter(|_| style.ascii) {
                    Some(plain) => out.push_str(plain),
                    None => out.push(c),
                }
            }
        }
        out
    }
}

/// What stands for a character of ours where there is nothing but ASCII.
fn plainer(c: char) -> Option<&'static str> {
    let sparks = ["_", ".", "-", "=", "+", "o", "*", "#"];
    Some(match c {
        '→' => "->",
        '±' => "~",
        '…' => "~",
        '└' => "`",
        '×' => "x",
        '\u{a0}' => " ",
        '–' => "-",
        c => return SPARKS.iter().position(|spark| *spark == c).map(|i| sparks[i]),
    })
}

/// From nothing to the most.
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A line of numbers as a picture of one line: from 0 to the largest.
pub(super) fn sparkline(numbers: &[f64]) -> String {
    let most = numbers.iter().copied().fold(0.0, f64::max);
    let step = |x: f64| if most > 0.0 { ((x.max(0.0) / most * 7.0).round() as usize).min(7) } else { 0 };
    numbers.iter().map(|x| SPARKS[step(*x)]).collect()
}

/// The middle of a long name is left out: `recommendation…list`.
fn shortened(name: &str, room: usize) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= room || room < 5 {
        return name.into();
    }
    let tail = (room - 1) / 2;
    let head = room - 1 - tail;
    let text = |part: &[char]| part.iter().collect::<String>();
    format!("{}…{}", text(&chars[..head]), text(&chars[chars.len() - tail..]))
}
