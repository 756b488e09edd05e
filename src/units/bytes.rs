//! Amounts of memory: `500MB`, `2GB`, `512MiB`.

use super::{UnitError, parse_count};
use std::fmt;

/// An amount of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// The largest first, so that an amount is shown in the largest in which it is whole.
const UNITS: [(&str, u64); 7] = [
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// Reads an amount of memory with its unit: B, kB, MB, GB by thousands, KiB, MiB, GiB by 1024.
pub fn parse_bytes(text: &str) -> Result<Bytes, UnitError> {
    let s = text.trim();
    let bad = || UnitError {
        message: format!("`{s}` is not an amount of memory"),
        hint: Some("write a number and a unit (B, kB, MB, GB, KiB, MiB, GiB), such as `500MB`".into()),
    };
    let end = s.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(bad)?;
    let (number, unit) = s.split_at(end);
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
    // A cast from f64 saturates.
    parse_count(number).map(|n| Bytes((n * *size as f64).round() as u64)).map_err(|_| bad())
}

/// As it is written, so that it can be read again.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, size): &&(&str, u64)| self.0 >= *size && self.0.is_multiple_of(*size);
        let (name, size) = UNITS.iter().find(whole).unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_shown() {
        for (text, bytes, shown) in [
            ("2GB", 2_000_000_000, "2GB"),
            ("1.5 MB", 1_500_000, "1500kB"),
            ("512MiB", 512 << 20, "512MiB"),
            ("70KiB", 71_680, "70KiB"),
            ("7B", 7, "7B"),
            ("0B", 0, "0B"),
        ] {
            let read = parse_bytes(text).unwrap();
            assert_eq!((read, read.to_string().as_str()), (Bytes(bytes), shown));
            assert_eq!(parse_bytes(&read.to_string()), Ok(read));
        }
        for bad in ["", "2", "GB", "2gb", "-1MB", "2 parsecs", "1e3MB"] {
            assert!(parse_bytes(bad).unwrap_err().hint.is_some_and(|hint| hint.contains("500MB")), "{bad}");
        }
    }
}
