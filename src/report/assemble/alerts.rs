//! Alerts: who is told of a failure, who cries wolf; and what a failure does that no alert looks at.

use super::Scribe;
use crate::experiments::{self, Ill, Paged, Review, Shown};
use crate::measure::Estimate;
use crate::report::{AlertInfo, Detection, Heard, Page, SideEffect};

impl Scribe<'_> {
    pub(super) fn alerts(&self, review: &Review) -> Option<Vec<AlertInfo>> {
        let alerts = &self.model.alerts;
        let tells = |alert: usize| {
            let confirmed = review.failures.iter().filter(|f| f.confirmed);
            confirmed.filter(|f| f.detection.told().iter().any(|(told, _)| *told == alert)).count()
        };
        let told = review.noise.iter().map(|noise| AlertInfo {
            name: alerts[noise.alert].name.clone(),
            text: alerts[noise.alert].text.clone(),
            false_pages: noise.pages,
            watched_s: noise.watched.seconds(),
            tells: tells(noise.alert),
            place: self.place(&alerts[noise.alert].origin),
        });
        (!alerts.is_empty()).then(|| told.collect())
    }

    pub(super) fn heard(&self, shown: &Shown) -> Vec<Heard> {
        let one = |(alert, heard): (&crate::model::Alert, &experiments::Heard)| {
            let times: Vec<f64> = heard.first.iter().flatten().map(|t| t.seconds()).collect();
            Heard {
                name: alert.name.clone(),
                text: alert.text.clone(),
                pages: heard.pages,
                runs: times.len() as u32,
                of: heard.first.len() as u32,
                after_s: (!times.is_empty()).then(|| Estimate::of(&times)),
            }
        };
        self.model.alerts.iter().zip(&shown.paged).map(one).collect()
    }

    pub(super) fn detection(&self, failure: &experiments::Failure) -> Option<Detection> {
        let found = &failure.detection;
        let runs = found.paged.first()?.after.len() as u32;
        let page = |paged: &Paged| {
            let times: Vec<f64> = paged.after.iter().flatten().map(|t| t.seconds()).collect();
            Page {
                alert: self.model.alerts[paged.alert].name.clone(),
                runs: times.len() as u32,
                after_s: Estimate::of(&times),
            }
        };
        let told = found.told();
        let alerts = told.iter().filter_map(|(alert, _)| found.paged.iter().find(|p| p.alert == *alert)).map(page);
        Some(Detection {
            alerts: alerts.collect(),
            runs,
            watched_s: found.lasting.seconds(),
            silent: failure.hurts() && told.is_empty(),
            cut: found.cut,
        })
    }
}

/// What a fault adds, one request or message in a run at least.
pub(super) fn side_effects(failure: &experiments::Failure) -> Vec<SideEffect> {
    let effect = |ill: &Ill| {
        let added = Estimate::of(&failure.added(|side| side.count(*ill)));
        (added.mean >= 1.0).then_some(SideEffect { kind: ill.key(), added })
    };
    Ill::ALL.iter().filter_map(effect).collect()
}
