//! Which findings count: those selected, less those ignored, less those that are accepted with a reason.

use super::{LINTS, lint};
use crate::experiments::Accepted;
use crate::model::Waiver;
use crate::units::Date;
use crate::yaml::did_you_mean;

/// The code of a waiver whose last day is over.
pub const EXPIRED: &str = "expired-waiver";
/// The code of a waiver that speaks of nothing that was found.
pub const UNMATCHED: &str = "unmatched-waiver";
/// The code of a figure that is worse than in the baseline.
pub const REGRESSION: &str = "figure-regressed";

/// What the user wants to hear of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Only these codes; all when it is empty.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// The waivers of the model do not count.
    pub no_waivers: bool,
    /// The day by which waivers end. `None`: they do not.
    pub today: Option<Date>,
    /// What a baseline accepts of the model.
    pub accepted: Vec<Accepted>,
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Counts,
    /// Nobody asked for it.
    LeftOut,
    /// The waiver of this position covers it.
    Waived(usize),
    /// The baseline's entry of this position covers it.
    Accepted(usize),
}

impl Policy {
    /// Whether somebody asked for this code.
    pub fn wants(&self, code: &str) -> bool {
        let among = |list: &[String]| list.iter().any(|of| same(of, code));
        (self.select.is_empty() || among(&self.select)) && !self.ignores(code)
    }

    /// Whether somebody asked not to hear of this code.
    pub fn ignores(&self, code: &str) -> bool {
        self.ignore.iter().any(|of| same(of, code))
    }

    /// What becomes of a finding of a model with these waivers.
    pub fn fate(&self, waivers: &[Waiver], code: &str, subject: &str) -> Fate {
        if !self.wants(code) {
            return Fate::LeftOut;
        }
        let covers = |w: &Waiver| !self.no_waivers && !w.expired(self.today) && speaks_of(w, code, subject);
        if let Some(i) = waivers.iter().position(covers) {
            return Fate::Waived(i);
        }
        let entry = |a: &Accepted| same(&a.finding, code) && a.on == subject;
        self.accepted.iter().position(entry).map_or(Fate::Counts, Fate::Accepted)
    }
}

/// Whether a waiver is about a finding: by its code, and by its subject if it names one.
pub(super) fn speaks_of(waiver: &Waiver, code: &str, subject: &str) -> bool {
    same(&waiver.finding, code) && waiver.on.as_deref().is_none_or(|on| on == subject)
}

/// Whether two codes are one, or another name of it.
fn same(asked: &str, code: &str) -> bool {
    asked == code || lint(asked).is_some_and(|lint| lint.code == code)
}

/// Whether there is such a code.
///
/// # Errors
/// What is wrong and what to write.
pub fn known_code(code: &str) -> Result<(), (String, String)> {
    if lint(code).is_some() || [EXPIRED, UNMATCHED].contains(&code) {
        return Ok(());
    }
    let known = LINTS.iter().map(|lint| lint.code).chain([EXPIRED, UNMATCHED]);
    let hint = match did_you_mean(code, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write the code of a finding, such as `missing-timeout`; `simulate explain` lists all".into(),
    };
    Err((format!("there is no finding `{code}`"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Origin;

    fn waiver(finding: &str, on: Option<&str>, until: Option<&str>) -> Waiver {
        Waiver {
            finding: finding.into(),
            on: on.map(String::from),
            reason: "known".into(),
            until: until.map(|day| Date::parse(day).unwrap()),
            origin: Origin::default(),
        }
    }

    #[test]
    fn a_waiver_holds_up_to_its_last_day() {
        let waivers = [waiver("missing-timeout", Some("web>api"), Some("2027-03-01"))];
        let on = |day: &str| Policy { today: Some(Date::parse(day).unwrap()), ..Policy::default() };
        let fate = |policy: &Policy, subject| policy.fate(&waivers, "missing-timeout", subject);
        assert_eq!(fate(&on("2027-03-01"), "web>api"), Fate::Waived(0));
        assert_eq!(fate(&on("2027-03-02"), "web>api"), Fate::Counts);
        assert_eq!(fate(&on("2027-03-01"), "web>db"), Fate::Counts);
        assert_eq!(fate(&Policy::default(), "web>api"), Fate::Waived(0));
        let strict = Policy { no_waivers: true, ..Policy::default() };
        assert_eq!(fate(&strict, "web>api"), Fate::Counts);
    }

    #[test]
    fn what_is_not_selected_is_left_out_and_other_names_are_known() {
        let policy = Policy { select: vec!["metastable".into(), "missing-timeout".into()], ..Policy::default() };
        assert!(policy.wants("does-not-recover") && policy.wants("missing-timeout") && !policy.wants("retry-storm"));
        let policy = Policy { ignore: vec!["retry-storm".into()], ..Policy::default() };
        assert_eq!(policy.fate(&[], "retry-storm", "web"), Fate::LeftOut);
        assert_eq!(policy.fate(&[], "missing-timeout", "web"), Fate::Counts);
        assert!(["missing-timeout", "metastable", EXPIRED, UNMATCHED].iter().all(|code| known_code(code).is_ok()));
        assert!(known_code("mising-timeout").unwrap_err().1.contains("did you mean `missing-timeout`?"));
    }

    #[test]
    fn a_baseline_accepts_one_finding_on_one_subject() {
        let entry = Accepted { finding: "n-plus-one".into(), on: "web".into(), reason: "old".into() };
        let policy = Policy { accepted: vec![entry], ..Policy::default() };
        assert_eq!(policy.fate(&[], "n-plus-one", "web"), Fate::Accepted(0));
        assert_eq!(policy.fate(&[], "n-plus-one", "api"), Fate::Counts);
    }
}
