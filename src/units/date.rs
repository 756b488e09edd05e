//! A day of the calendar.

use super::UnitError;
use std::fmt;

/// A day of the Gregorian calendar: `2027-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day so many days after the first of January 1970.
    pub fn since_1970(days: u32) -> Date {
        // Years are counted from March on, so that the day that comes and goes is the last; by Howard Hinnant's
        // `civil_from_days`.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted / 146_097, shifted % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + era * 400 + u32::from(month <= 2);
        Date { year: year as u16, month: month as u8, day: day as u8 }
    }

    /// Reads `2027-03-01`.
    ///
    /// # Errors
    /// What is not written so, or is no day.
    pub fn parse(text: &str) -> Result<Date, UnitError> {
        let wrong = || UnitError {
            message: format!("`{text}` is no day"),
            hint: Some("write year, month and day, such as `2027-03-01`".into()),
        };
        let parts: Vec<&str> = text.trim().split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let digits = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        if lengths != [4, 2, 2] || !digits {
            return Err(wrong());
        }
        let number = |i: usize| parts[i].parse::<u16>().unwrap_or_default();
        let date = Date { year: number(0), month: number(1) as u8, day: number(2) as u8 };
        if date.day == 0 || date.day > date.days_of_month() { Err(wrong()) } else { Ok(date) }
    }

    /// 0 when there is no such month.
    fn days_of_month(self) -> u8 {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            _ => 0,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days by `date -d DAY +%s`, divided by 86,400.
    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_454, "2026-01-01"),
            (20_512, "2026-02-28"),
            (20_513, "2026-03-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::since_1970(days).to_string(), text);
            assert_eq!(Date::parse(text).unwrap(), Date::since_1970(days));
        }
        assert!(Date::parse("2026-09-30").unwrap() < Date::parse("2026-10-01").unwrap());
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["2027-02-29", "2027-13-01", "2027-04-31", "2027-00-10", "2027-01-00", "27-01-01", "2027/01/01", ""]
        {
            assert!(Date::parse(text).unwrap_err().message.contains("is no day"), "{text}");
        }
        assert!(Date::parse("2028-02-29").is_ok() && Date::parse("2100-02-29").is_err());
    }
}
