//! How quantities are written: short, with their unit, and readable again by the parser.

use super::SimDuration;

pub(super) fn show_duration(d: SimDuration) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
    let ns = d.0;
    if ns == 0 {
        return "0s".into();
    }
    if ns >= SimDuration::FOREVER.0 {
        return "forever".into();
    }
    for (size, word) in [(86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (60_000_000_000, "min")] {
        if ns.is_multiple_of(size) && ns >= 2 * size {
            return format!("{}{word}", ns / size);
        }
    }
    let (size, word) = UNITS.into_iter().find(|(size, _)| ns >= *size).unwrap_or((1, "ns"));
    format!("{}{word}", digits(ns as f64 / size as f64))
}

/// A rate per second: `200/s`, `1.5k/s`.
pub fn show_rate(per_second: f64) -> String {
    format!("{}/s", show_count(per_second))
}

/// A share as a percentage: `99.95%`.
pub fn show_ratio(ratio: f64) -> String {
    format!("{}%", digits(ratio * 100.0))
}

/// A load or a factor: `10x`.
pub fn show_factor(factor: f64) -> String {
    format!("{}x", digits(factor))
}

/// A plain number, with `k`, `M` or `G` from ten thousand on.
pub fn show_count(n: f64) -> String {
    for (size, word) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if n.abs() >= 10.0 * size {
            return format!("{}{word}", digits(n / size));
        }
    }
    digits(n)
}

/// At most three significant decimals, no trailing zeros, never an exponent.
fn digits(x: f64) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let decimals = if x.abs() >= 100.0 {
        1
    } else if x.abs() >= 10.0 {
        2
    } else {
        3
    };
    let text = format!("{x:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::parse_duration;

    #[test]
    fn durations_read_as_people_write_them() {
        for text in ["250ms", "1.5s", "90s", "5min", "100us", "2h", "7ns", "2d"] {
            assert_eq!(show_duration(parse_duration(text).expect(text)), text);
        }
        assert_eq!(show_duration(SimDuration(120_000_000)), "120ms");
        assert_eq!(show_ratio(0.9995), "99.95%");
        assert_eq!(show_rate(25_000.0), "25k/s");
        assert_eq!(show_factor(10.0), "10x");
    }
}
