//! Reading quantities: `250ms`, `200/s`, `30%`, `10x`, `2M`. A unit is always written where one could be mistaken.

use super::{NANOS, SimDuration};

/// A quantity that could not be read. Its text says what was expected and what to try.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnitError {
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// What to write instead, if that can be guessed.
    pub hint: Option<String>,
}

/// A parsed quantity, when several kinds are welcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A multiple of what stands in the model: `10x`.
    Factor(f64),
    /// An absolute rate per second: `500/s`.
    Rate(f64),
}

impl Quantity {
    /// Reads `10x`, `10` (the same) or `500/s`.
    pub fn parse(text: &str) -> Result<Quantity, UnitError> {
        if text.contains('/') { parse_rate(text).map(Quantity::Rate) } else { parse_factor(text).map(Quantity::Factor) }
    }
}

/// Reads a duration with its unit: ns, us (µs), ms, s, m or min, h, d; `0` needs none; `1h30m` adds up.
/// Units of a bare `m` mean minutes.
pub fn parse_duration(text: &str) -> Result<SimDuration, UnitError> {
    let s = text.trim();
    if s == "0" {
        return Ok(SimDuration::ZERO);
    }
    let mut rest = s;
    let mut total = 0.0f64;
    while !rest.is_empty() {
        let (number, after) = split_number(rest).ok_or_else(|| bad_duration(s))?;
        let word_end = after.find(|c: char| c.is_ascii_digit() || c == '.' || c.is_whitespace()).unwrap_or(after.len());
        let (word, next) = if word_end == 0 && !after.is_empty() {
            let trimmed = after.trim_start();
            let end = trimmed.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(trimmed.len());
            trimmed.split_at(end)
        } else {
            after.split_at(word_end)
        };
        let nanos = match word {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" | "sec" => NANOS as f64,
            "m" | "min" => 60.0 * NANOS as f64,
            "h" => 3600.0 * NANOS as f64,
            "d" => 86_400.0 * NANOS as f64,
            _ => return Err(bad_duration(s)),
        };
        total += number * nanos;
        rest = next.trim_start();
    }
    if s.is_empty() {
        return Err(bad_duration(s));
    }
    if total >= SimDuration::FOREVER.0 as f64 {
        return Err(error(format!("`{s}` is too long"), Some("a simulation spans at most 36 years".into())));
    }
    Ok(SimDuration(total.round() as u64))
}

fn bad_duration(s: &str) -> UnitError {
    let hint = match s.parse::<f64>() {
        Ok(n) if n >= 0.0 => format!("write the unit: `{s}ms` or `{s}s`"),
        _ => "write a number and a unit (ns, us, ms, s, min, h, d), such as `250ms`".into(),
    };
    error(format!("`{s}` is not a duration"), Some(hint))
}

/// Reads a rate, per second: `200/s`, `1.5k/s`, `2/min`, `3600/h`, `1M/d`.
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let s = text.trim();
    let bad = || {
        let hint = match parse_count(s) {
            Ok(_) => format!("write per what: `{s}/s`"),
            Err(_) => "write a number and per what, such as `200/s` or `2/min`".into(),
        };
        error(format!("`{s}` is not a rate"), Some(hint))
    };
    let (number, per) = s.split_once('/').ok_or_else(bad)?;
    let seconds = match per.trim() {
        "s" | "sec" | "second" => 1.0,
        "m" | "min" | "minute" => 60.0,
        "h" | "hour" => 3600.0,
        "d" | "day" => 86_400.0,
        _ => return Err(bad()),
    };
    parse_count(number).map(|n| n / seconds).map_err(|_| bad())
}

/// Reads a share between 0 and 1: `30%`, `99.95%`. A bare number is refused, since `30` and `0.3` are easily confused;
/// only `0` needs no unit. Shares over 100% are refused.
pub fn parse_ratio(text: &str) -> Result<f64, UnitError> {
    let s = text.trim();
    if s == "0" {
        return Ok(0.0);
    }
    let Some(number) = s.strip_suffix('%') else {
        let hint = match s.parse::<f64>() {
            Ok(n) if (0.0..=1.0).contains(&n) => format!("write it as a percentage: `{}%`", n * 100.0),
            Ok(n) if n > 1.0 && n <= 100.0 => format!("write it as a percentage: `{s}%`"),
            _ => "write a percentage, such as `30%`".into(),
        };
        return Err(error(format!("`{s}` is not a percentage"), Some(hint)));
    };
    let n: f64 = number
        .trim()
        .parse()
        .map_err(|_| error(format!("`{s}` is not a percentage"), Some("write a number before the `%`".into())))?;
    if !(0.0..=100.0).contains(&n) {
        return Err(error(
            format!("`{s}` is not between 0% and 100%"),
            Some("a share of something is at most 100%".into()),
        ));
    }
    Ok(n / 100.0)
}

/// Reads a multiple: `10x`, `0.5x`, or the bare number. It is above zero.
pub fn parse_factor(text: &str) -> Result<f64, UnitError> {
    let s = text.trim();
    let n: f64 =
        s.strip_suffix('x').unwrap_or(s).trim().parse().map_err(|_| {
            error(format!("`{s}` is not a multiple"), Some("write how many times, such as `10x`".into()))
        })?;
    if !(n.is_finite() && n > 0.0) {
        return Err(error(format!("`{s}` is not above zero"), Some("write how many times, such as `10x`".into())));
    }
    Ok(n)
}

/// Reads a number that is not negative: `12`, `20k`, `2M`, `1.5G`, `250m` (thousandths, as Kubernetes counts CPU).
pub fn parse_count(text: &str) -> Result<f64, UnitError> {
    let s = text.trim();
    let bad = || {
        error(
            format!("`{s}` is not a number"),
            Some("write a number, with k, M or G for thousands, millions or thousand millions".into()),
        )
    };
    let (number, word) = split_number(s).ok_or_else(bad)?;
    let size = match word.trim() {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" | "B" => 1e9,
        _ => return Err(bad()),
    };
    Ok(number * size)
}

/// Splits `12.5ms` into 12.5 and `ms`; no sign is taken, so nothing negative is ever read.
fn split_number(s: &str) -> Option<(f64, &str)> {
    let end = s.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(s.len());
    let (number, word) = s.split_at(end);
    let n: f64 = number.replace('_', "").parse().ok()?;
    n.is_finite().then_some((n, word))
}

fn error(message: String, hint: Option<String>) -> UnitError {
    UnitError { message, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_units() {
        assert_eq!(parse_duration("250ms"), Ok(SimDuration::from_millis(250)));
        assert_eq!(parse_duration("1h30m"), Ok(SimDuration::from_secs(5400)));
        assert_eq!(parse_duration("1.5 s"), Ok(SimDuration::from_millis(1500)));
        assert_eq!(parse_rate("2/min"), Ok(2.0 / 60.0));
        assert_eq!(parse_rate("1.5k/s"), Ok(1500.0));
        assert_eq!(parse_ratio("99.95%"), Ok(99.95 / 100.0));
        assert_eq!(parse_factor("10x"), Ok(10.0));
        assert_eq!(parse_count("2M"), Ok(2e6));
        assert_eq!(parse_count("250m"), Ok(0.25));
        assert_eq!(Quantity::parse("500/s"), Ok(Quantity::Rate(500.0)));
    }

    #[test]
    fn what_cannot_be_read_says_what_to_try() {
        assert_eq!(parse_duration("5").unwrap_err().hint.as_deref(), Some("write the unit: `5ms` or `5s`"));
        assert_eq!(parse_rate("200").unwrap_err().hint.as_deref(), Some("write per what: `200/s`"));
        assert_eq!(parse_ratio("0.3").unwrap_err().hint.as_deref(), Some("write it as a percentage: `30%`"));
        assert!(parse_ratio("130%").unwrap_err().message.contains("between 0% and 100%"));
        assert!(parse_factor("0x").is_err());
        for bad in ["", "-5ms", "5 parsecs", "ms", "1e9s", "99999999d"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
