//! A system as a model: what a user would have written, had they the patience.

use super::{Endpoint, REPLICAS, Service, System, Target};
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

impl Display for System {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "traffic:\n  people:\n    rate: {}/s\n    mix:", self.rate)?;
        for ((to, _), share) in self.mix.iter().zip(millionths(&self.mix)) {
            writeln!(f, "      {to}: {}.{:04}%", share / 10_000, share % 10_000)?;
        }
        writeln!(f, "services:")?;
        for (s, service) in self.services.iter().enumerate() {
            writeln!(f, "  s{s}:\n    replicas: {REPLICAS}\n    concurrency: {}\n    endpoints:", service.concurrency)?;
            for (e, endpoint) in service.endpoints.iter().enumerate() {
                write!(f, "      e{e}:\n{endpoint}")?;
            }
            self.dependencies(service, f)?;
        }
        Ok(())
    }
}

impl System {
    /// Nobody waits for ever for the deepest layer, where data is kept.
    fn dependencies(&self, service: &Service, f: &mut Formatter<'_>) -> fmt::Result {
        let all = service.endpoints.iter().flat_map(|e| &e.calls).map(|to| to.service);
        let deepest: BTreeSet<usize> = all.filter(|callee| self.services[*callee].is_deepest).collect();
        if !deepest.is_empty() {
            writeln!(f, "    dependencies:")?;
        }
        deepest.iter().try_for_each(|callee| writeln!(f, "      s{callee}: {{ timeout: 1s }}"))
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "s{}.e{}", self.service, self.endpoint)
    }
}

impl Display for Endpoint {
    /// Its steps.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "        - work: {}us", self.work)?;
        for calls in self.calls.chunks(if self.pairs { 2 } else { 1 }) {
            let step = match calls {
                [one] => format!("{{ call: {one} }}"),
                several => {
                    let branches: Vec<String> = several.iter().map(|to| format!("{{ call: {to} }}")).collect();
                    format!("{{ parallel: [ {} ] }}", branches.join(", "))
                }
            };
            match self.chance() {
                1.0 => writeln!(f, "        - {step}")?,
                p => writeln!(f, "        - chance: {{ p: {:.2}%, steps: [ {step} ] }}", 100.0 * p)?,
            }
        }
        Ok(())
    }
}

/// Shares in whole millionths whose sum is one exactly: what rounding has left over goes to the first.
fn millionths(mix: &[(Target, f64)]) -> Vec<u64> {
    let mut shares: Vec<u64> = mix.iter().map(|(_, share)| (share * 1e6) as u64).collect();
    shares[0] += 1_000_000 - shares.iter().sum::<u64>();
    shares
}
