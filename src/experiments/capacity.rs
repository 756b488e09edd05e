//! Capacity: the highest load at which the expectations hold, by search.
//!
//! The search starts from the static bound or from about there, brackets the edge, and narrows it by thirds: two loads are tried at a time,
//! side by side, with the same random numbers. It assumes that what fails at a load fails at a higher one.

/// Where the edge lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// The highest load that held; 0 when none did.
    pub low: f64,
    /// The lowest load that failed; infinite when none did.
    pub high: f64,
}

/// How a search may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Stop when high/low is at most this.
    pub ratio: f64,
    /// Rounds of two loads each.
    pub rounds: u32,
    /// Loads beyond it are not tried.
    pub most: f64,
    /// Loads below it are not tried.
    pub least: f64,
    /// The first two loads are the start and this share of it.
    pub below: f64,
}

/// Finds the edge. `holds` answers for both loads at once.
pub fn search(start: f64, effort: Effort, mut holds: impl FnMut([f64; 2]) -> [bool; 2]) -> Bracket {
    let mut bracket = Bracket { low: 0.0, high: f64::INFINITY };
    let mut reach = 1.5;
    for _ in 0..effort.rounds {
        let loads = match bracket {
            Bracket { low: 0.0, high } if high.is_infinite() => [start * effort.below, start],
            Bracket { low, high } if high.is_infinite() => {
                reach *= 1.5;
                [low * (reach / 1.5), low * reach]
            }
            Bracket { low: 0.0, high } => {
                reach *= 1.5;
                [high / reach, high / (reach / 1.5)]
            }
            Bracket { low, high } if high / low <= effort.ratio => break,
            Bracket { low, high } => {
                let step = libm::cbrt(high / low);
                [low * step, low * step * step]
            }
        };
        let loads = loads.map(|load| load.clamp(effort.least, effort.most));
        let answers = holds(loads);
        let before = bracket;
        for (load, ok) in loads.into_iter().zip(answers) {
            if !ok {
                bracket.high = bracket.high.min(load);
                break;
            }
            bracket.low = bracket.low.max(load);
        }
        let stuck = bracket == before;
        if stuck || bracket.low >= effort.most || bracket.high <= effort.least {
            break;
        }
    }
    bracket
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort { ratio: 1.03, rounds: 12, most: 1_000.0, least: 0.01, below: 0.8 };

    fn edge(at: f64, start: f64) -> (Bracket, u32) {
        let mut calls = 0;
        let bracket = search(start, EFFORT, |loads| {
            calls += 1;
            loads.map(|load| load <= at)
        });
        (bracket, calls)
    }

    #[test]
    fn the_edge_is_found_from_anywhere() {
        for (at, start) in [(3.4, 4.0), (3.4, 3.4), (3.4, 40.0), (3.4, 0.5), (100.0, 1.0), (0.03, 5.0)] {
            let (b, calls) = edge(at, start);
            assert!(b.low <= at && at < b.high && b.high / b.low <= 1.031, "{at} from {start}: {b:?}");
            assert!(calls <= 12, "{at} from {start}: {calls} rounds");
        }
        assert!(edge(3.4, 3.6).1 <= 4, "near the bound four rounds are enough");
    }

    #[test]
    fn there_may_be_no_edge() {
        let (never, _) = edge(0.0, 1.0);
        assert_eq!((never.low, never.high), (0.0, 0.01));
        let (always, _) = edge(f64::INFINITY, 1.0);
        assert_eq!((always.low, always.high), (1_000.0, f64::INFINITY));
    }
}
