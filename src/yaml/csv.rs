//! Tables of numbers beside a model, as CSV.

use super::Item;

/// The most rows that are read.
const MOST_ROWS: usize = 1_000_000;

/// One row: its line, and its cells.
pub type Row = (u64, Vec<String>);

impl Item<'_> {
    /// The rows of the CSV file this value names, its heading apart; `columns` says how many a row has at least. A first row
    /// whose first cell begins with a letter is a heading. Problems of the file are told where it is named.
    pub fn csv(&self, columns: usize) -> Option<(Option<Vec<String>>, Vec<Row>)> {
        let name = self.text()?;
        let text = match self.problems().files.read(name) {
            Ok(text) => text,
            Err(why) => {
                self.problem(format!("cannot read `{name}`: {why}"), "name a CSV file, from the folder of the model");
                return None;
            }
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let (mut heading, mut rows) = (None, Vec::new());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    self.problem(format!("`{name}` is not CSV: {error}"), "write numbers separated by commas");
                    return None;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            let is_heading = cells[0].starts_with(|c: char| c.is_alphabetic());
            if is_heading && rows.is_empty() && heading.is_none() {
                heading = Some(cells);
                continue;
            }
            if cells.len() < columns || rows.len() >= MOST_ROWS {
                let what = if cells.len() < columns { "too few columns" } else { "more than a million rows" };
                let hint = format!("write {columns} column{} of numbers", if columns == 1 { "" } else { "s" });
                self.problem(format!("line {line} of `{name}`: {what}"), hint);
                return None;
            }
            rows.push((line, cells));
        }
        if rows.is_empty() {
            self.problem(format!("`{name}` has no rows"), "write one number in each line");
            return None;
        }
        Some((heading, rows))
    }

    /// Notes what is wrong in a line of the CSV file this value names.
    pub fn csv_problem(&self, line: u64, message: &str, hint: &str) {
        let name = self.node.scalar().unwrap_or_default();
        self.problem(format!("line {line} of `{name}`: {message}"), hint);
    }
}
