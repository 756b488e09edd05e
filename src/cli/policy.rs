//! Which findings count: the options, and what day it is.

use super::values;
use crate::findings::Policy;
use crate::units::Date;

/// Which findings are told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct FindingOptions {
    /// Only findings of these codes, divided by commas. Repeatable.
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = values::code)]
    pub select: Vec<String>,
    /// No findings of these codes, divided by commas. Repeatable.
    #[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = values::code)]
    pub ignore: Vec<String>,
    /// Whether waivers count.
    #[command(flatten)]
    pub waivers: WaiverOptions,
}

/// Whether waivers count.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct WaiverOptions {
    /// The waivers of the model, under `ignore`, do not count.
    #[arg(long)]
    pub no_inline_ignores: bool,
    /// The day by which waivers end. Default: today, in UTC.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = values::date)]
    pub today: Option<Date>,
}

impl FindingOptions {
    /// What they come to.
    pub(super) fn policy(&self) -> Policy {
        Policy { select: self.select.clone(), ignore: self.ignore.clone(), ..self.waivers.policy() }
    }
}

impl WaiverOptions {
    /// What they come to.
    pub(super) fn policy(self) -> Policy {
        let today = Some(self.today.unwrap_or_else(today));
        Policy { no_waivers: self.no_inline_ignores, today, ..Policy::default() }
    }
}

/// Nothing else depends on the day than when waivers end.
#[allow(clippy::disallowed_methods, reason = "the last day of a waiver is a day of the calendar")]
fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Date::since_1970(since.map_or(0, |time| (time.as_secs() / 86_400) as u32))
}
