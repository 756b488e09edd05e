//! Figures and names as text: three digits, a unit, and the interval where there is one.

use super::{Change, Effect, Estimate, Failure, Measure};

impl Measure {
    /// In a table or sentence: `success`, `p99`.
    pub fn word(self) -> String {
        match self {
            Measure::SuccessRate => "success".into(),
            Measure::GoodputPerS => "goodput".into(),
            Measure::RatePerS => "rate".into(),
            Measure::MeanMs => "mean".into(),
            Measure::PercentileMs(p) => format!("p{p}"),
            Measure::Utilization => "utilisation".into(),
            Measure::Queue => "queue".into(),
            Measure::AgeS => "age".into(),
            Measure::Retries => "retries per call".into(),
            Measure::DuplicateShare => "second executions per call".into(),
            Measure::Metastable => "runs that stay down".into(),
            Measure::Findings => "findings".into(),
            Measure::CapacityLoad => "capacity".into(),
            Measure::RecoveryS => "recovery".into(),
            Measure::LostRequests => "requests lost".into(),
            Measure::WaitingMessages => "messages not finished".into(),
            Measure::Duplicates => "calls executed twice".into(),
        }
    }

    /// In published formats, with its unit: `success_rate`, `p99_ms`.
    pub fn key(self) -> String {
        match self {
            Measure::SuccessRate => "success_rate".into(),
            Measure::GoodputPerS => "goodput_per_s".into(),
            Measure::RatePerS => "rate_per_s".into(),
            Measure::MeanMs => "mean_ms".into(),
            Measure::PercentileMs(p) => format!("p{p}_ms"),
            Measure::Utilization => "utilization".into(),
            Measure::Queue => "queue".into(),
            Measure::AgeS => "age_s".into(),
            Measure::Retries => "retries_per_call".into(),
            Measure::DuplicateShare => "duplicates_per_call".into(),
            Measure::Metastable => "metastable".into(),
            Measure::Findings => "findings".into(),
            Measure::CapacityLoad => "capacity_load".into(),
            Measure::RecoveryS => "recovery_s".into(),
            Measure::LostRequests => "lost_requests".into(),
            Measure::WaitingMessages => "waiting_messages".into(),
            Measure::Duplicates => "duplicates".into(),
        }
    }

    /// The figure with its unit and interval: `99.2 ±0.1%`, `28 ±1ms`.
    pub fn show(self, e: &Estimate) -> String {
        match self {
            Measure::SuccessRate | Measure::Metastable => share_estimate(e),
            Measure::Utilization => scaled(e, 100.0, "%"),
            Measure::MeanMs | Measure::PercentileMs(_) => ms_estimate(e),
            Measure::RecoveryS if e.mean <= 0.0 => "at once".into(),
            Measure::RecoveryS | Measure::AgeS => ms_estimate(&times(e, 1000.0)),
            Measure::GoodputPerS | Measure::RatePerS => scaled(e, 1.0, "/s"),
            Measure::CapacityLoad => scaled(e, 1.0, "x"),
            Measure::Findings
            | Measure::Queue
            | Measure::Retries
            | Measure::LostRequests
            | Measure::WaitingMessages
            | Measure::Duplicates => scaled(e, 1.0, ""),
            Measure::DuplicateShare => scaled(e, 100.0, "%"),
        }
    }
}

impl Measure {
    /// A difference of two figures with its unit and interval: `7.2 ±0.3ms`, `-1.2 points` of a share.
    pub fn show_difference(self, e: &Estimate) -> String {
        match self {
            Measure::SuccessRate | Measure::Metastable | Measure::Utilization | Measure::DuplicateShare => {
                scaled(e, 100.0, " points")
            }
            Measure::MeanMs | Measure::PercentileMs(_) => {
                let (scale, word) = time_unit(e.mean.abs());
                scaled(e, 1.0 / scale, word)
            }
            Measure::AgeS => {
                let (scale, word) = time_unit(e.mean.abs() * 1000.0);
                scaled(e, 1000.0 / scale, word)
            }
            _ => self.show(e),
        }
    }
}

/// A change in one line: `databases.orders-db.connections 20 → 45`.
pub fn changed(change: &Change) -> String {
    match &change.from {
        Some(from) => format!("{} {from} → {}", change.path, change.to),
        None => format!("{}: {}", change.path, change.to),
    }
}

/// An effect in one line: `web.home success 43 ±2% → 99.98 ±0.01%`.
pub fn effect(effect: &Effect) -> String {
    let subject = if effect.subject.is_empty() { String::new() } else { format!("{} ", effect.subject) };
    let (before, after) = (effect.measure.show(&effect.before), effect.measure.show(&effect.after));
    format!("{subject}{} {before} → {after}", effect.measure.word())
}

/// The same without intervals, where many stand below one another.
pub fn effect_briefly(effect: &Effect) -> String {
    let point = |e: &Estimate| effect.measure.show(&Estimate { mean: e.mean, low: e.mean, high: e.mean });
    let (before, after) = (point(&effect.before), point(&effect.after));
    format!("{} {} {before} → {after}", effect.subject, effect.measure.word())
}

/// What was done to try failures, as far as it was the same for all: `one fault for 40s at 1x, beside the same run without`.
pub fn drills(failures: &[Failure]) -> String {
    let Some(first) = failures.first() else { return String::new() };
    let load = match failures.iter().all(|f| f.load == first.load) {
        true => format!(" at {}", factor(first.load)),
        false => String::new(),
    };
    let mut lengths: Vec<f64> = failures.iter().filter_map(|f| f.fault.duration_s).collect();
    lengths.sort_by(f64::total_cmp);
    let time = match (lengths.first(), lengths.last()) {
        (Some(short), Some(long)) if short == long => format!(" for {}", seconds(*long)),
        (Some(short), Some(long)) => format!(" for {} to {}", seconds(*short), seconds(*long)),
        _ => String::new(),
    };
    format!("one fault{time}{load}, beside the same run without")
}

/// A word of a command, quoted where the shell would take it apart.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// FNV-1a, 64 bits, in hexadecimal.
pub fn fingerprint(text: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = text.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Three digits: `0.512`, `8.12`, `28.3`, `1500`, and `12.3k` from ten thousand on.
pub fn number(x: f64) -> String {
    // From 999.5 thousand on it is a million, since `1000k` would be written otherwise.
    for (size, least, word) in [(1e9, 0.9995e9, "G"), (1e6, 0.9995e6, "M"), (1e3, 1e4, "k")] {
        if x.abs() >= least {
            return format!("{}{word}", fixed(x / size, decimals(x / size)));
        }
    }
    fixed(x, decimals(x))
}

/// `1 run`, `12 runs`.
pub fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", count(n)) }
}

/// A count: `12.3k`.
pub fn count(n: u64) -> String {
    number(n as f64)
}

/// A load: `4.9x`.
pub fn factor(x: f64) -> String {
    format!("{}x", number(x))
}

/// A time: `0.51ms`, `283ms`, `1.24s`, `5min`.
pub fn ms(x: f64) -> String {
    let (scale, word) = time_unit(x);
    format!("{}{word}", number(x / scale))
}

/// A time in as few digits as a table needs: `4.9ms`, `35ms`, `1.38s`.
pub fn ms_brief(x: f64) -> String {
    let brief = match x {
        x if x < 9.95 => (x * 10.0).round() / 10.0,
        x if x < 999.5 => x.round(),
        x => x,
    };
    ms(brief)
}

/// A time from seconds.
pub fn seconds(x: f64) -> String {
    if x == 0.0 { "0s".into() } else { ms(x * 1000.0) }
}

/// A share: `81.3%`. What is not quite all never reads `100%`, what is not quite nothing never `0%`.
pub fn share(x: f64) -> String {
    let percent = x * 100.0;
    if percent < 100.0 && percent > 99.99 {
        return ">99.99%".into();
    }
    if percent > 0.0 && percent < 0.01 {
        return "<0.01%".into();
    }
    let digits = if percent > 99.0 && percent < 100.0 { 2 } else { decimals(percent).min(1) };
    format!("{}%", fixed(percent, digits))
}

/// A time with its interval: `28 ±1ms`.
pub fn ms_estimate(e: &Estimate) -> String {
    let (scale, word) = time_unit(e.mean);
    scaled(e, 1.0 / scale, word)
}

/// A share with its interval: `99.2 ±0.1%`.
pub fn share_estimate(e: &Estimate) -> String {
    if spread(e).is_none_or(|half| half < 5e-5) { share(e.mean) } else { scaled(e, 100.0, "%") }
}

fn time_unit(ms: f64) -> (f64, &'static str) {
    match ms {
        x if x < 999.5 => (1.0, "ms"),
        x if x < 299_950.0 => (1e3, "s"),
        x if x < 17_997_000.0 => (6e4, "min"),
        _ => (3.6e6, "h"),
    }
}

fn times(e: &Estimate, scale: f64) -> Estimate {
    Estimate { mean: e.mean * scale, low: e.low * scale, high: e.high * scale }
}

/// Half the interval; `None` when there is no interval or it is a point.
fn spread(e: &Estimate) -> Option<f64> {
    let half = e.half_width();
    (half.is_finite() && half > 0.0).then_some(half)
}

/// Mean and interval with as many decimals as the interval warrants.
fn scaled(e: &Estimate, scale: f64, unit: &str) -> String {
    let e = times(e, scale);
    let Some(half) = spread(&e) else { return format!("{}{unit}", number(e.mean)) };
    let lopsided = ((e.high - e.mean) - (e.mean - e.low)).abs() > half * 0.1;
    if e.mean.abs() >= 1e4 {
        let (mean, half) = (number(e.mean), number(half));
        return format!("{mean} ±{half}{unit}");
    }
    // One digit of the interval, two where that takes no more than one decimal (28.3 ±1.2), and three more than the
    // figure itself would have at most.
    // A hair more, so that 0.1 counts as 0.1 whatever its last bit.
    let leading = (half * (1.0 + 1e-9)).log10().floor();
    let two = leading >= 0.0 && half / 10f64.powf(leading) < 2.0;
    let places = (if two { 1.0 } else { 0.0 } - leading).clamp(0.0, decimals(e.mean) as f64 + 3.0) as usize;
    let text = |x: f64| format!("{x:.places$}");
    if lopsided {
        return format!("{}{unit} ({} to {}{unit})", text(e.mean), text(e.low), text(e.high));
    }
    if text(half).parse() == Ok(0.0) {
        return format!("{}{unit}", number(e.mean));
    }
    format!("{} ±{}{unit}", text(e.mean), text(half))
}

fn decimals(x: f64) -> usize {
    match x.abs() {
        a if a >= 99.95 => 0,
        a if a >= 9.995 => 1,
        a if a >= 0.9995 => 2,
        _ => 3,
    }
}

fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text.is_empty() || text == "-0" { "0".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(mean: f64, half: f64) -> Estimate {
        Estimate { mean, low: mean - half, high: mean + half }
    }

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(number(1500.0), "1500");
        assert_eq!(number(12_345.0), "12.3k");
        assert_eq!(number(999_600.0), "1M");
        assert_eq!((ms_brief(4.88), ms_brief(35.2), ms_brief(1380.0)), ("4.9ms".into(), "35ms".into(), "1.38s".into()));
        assert_eq!(number(0.5123), "0.512");
        assert_eq!(ms(0.51), "0.51ms");
        assert_eq!(ms(8.0), "8ms");
        assert_eq!(ms(999.7), "1s");
        assert_eq!(ms(1240.0), "1.24s");
        assert_eq!(seconds(300.0), "5min");
        assert_eq!(number(0.0333), "0.033");
        assert_eq!(factor(10.0), "10x");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(share(1.0), "100%");
        assert_eq!(share(0.99999), ">99.99%");
        assert_eq!(share(0.9995), "99.95%");
        assert_eq!(share(0.8134), "81.3%");
        assert_eq!(share(0.00001), "<0.01%");
        assert_eq!(share(0.0), "0%");
    }

    #[test]
    fn the_interval_decides_the_digits() {
        assert_eq!(Measure::PercentileMs(99.0).show(&around(28.34, 1.23)), "28.3 ±1.2ms");
        assert_eq!(Measure::PercentileMs(99.0).show(&around(283.4, 23.1)), "283 ±23ms");
        assert_eq!(Measure::MeanMs.show(&around(1283.4, 52.0)), "1.28 ±0.05s");
        assert_eq!(Measure::SuccessRate.show(&around(0.813, 0.004)), "81.3 ±0.4%");
        assert_eq!(Measure::SuccessRate.show(&around(0.99996, 0.00002)), ">99.99%");
        assert_eq!(Measure::SuccessRate.show(&around(1.0, 0.0)), "100%");
        assert_eq!(Measure::CapacityLoad.show(&around(4.9, 0.1)), "4.9 ±0.1x");
        assert_eq!(Measure::RecoveryS.show(&around(4.2, 0.35)), "4.2 ±0.3s");
        let single = Estimate { mean: 28.34, low: f64::NAN, high: f64::NAN };
        assert_eq!(Measure::MeanMs.show(&single), "28.3ms");
        let lopsided = Estimate { mean: 0.97, low: 0.86, high: 1.0 };
        assert_eq!(Measure::SuccessRate.show(&lopsided), "97% (86 to 100%)");
    }
}
