//! Writes a generated system as a model to standard output, and its shape to standard error.
//!
//!     cargo run --release --example generate -- 1000 > system.yaml
//!     cargo run --release --example generate -- 10000 1000 1 4 > large.yaml
//!
//! Its arguments are what is [`Wanted`], in that order; what is not given is as there by default.

mod system;

use std::error::Error;
use std::io::{Write, stdout};
use system::{Shape, System, Wanted};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut wanted = Wanted::default();
    let [services, in_flight, seed, one_in] = [0, 1, 2, 3].map(|at| arguments.get(at));
    services.map(|text| text.parse().map(|n| wanted.services = n)).transpose()?;
    in_flight.map(|text| text.parse().map(|n| wanted.in_flight = n)).transpose()?;
    seed.map(|text| text.parse().map(|n| wanted.seed = n)).transpose()?;
    one_in.map(|text| text.parse().map(|n| wanted.one_in = n)).transpose()?;
    let system = System::new(&wanted);
    let shape = Shape::of(&system);
    eprintln!("{shape}");
    if wanted.one_in == 1 {
        shape.check();
    }
    write!(stdout().lock(), "{system}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold::model::Model;

    #[test]
    fn systems_have_the_shape_of_large_ones_whatever_the_seed() {
        for services in [10, 11, 50, 1_000, 3_000] {
            for seed in 1..=5 {
                Shape::of(&System::new(&Wanted { services, seed, ..Wanted::default() })).check();
            }
        }
    }

    #[test]
    fn they_are_valid_models_and_the_same_seed_gives_the_same_one() {
        for services in [10, 1_000] {
            let text = |seed| System::new(&Wanted { services, seed, ..Wanted::default() }).to_string();
            assert_eq!(text(1), text(1));
            assert_ne!(text(1), text(2));
            let model = Model::read("system", &text(1)).expect("a valid model");
            assert_eq!(model.plan.stations.len(), services);
        }
    }
}
