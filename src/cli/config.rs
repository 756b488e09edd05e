//! `tenfold.yaml`: what is chosen for all models of a folder and below. The command line wins.

use super::args::{Command, OutputOptions, SimulationOptions};
use super::exit::Mistake;
use super::input;
use super::policy::{FindingOptions, WaiverOptions};
use super::values::{self, FailOn, FormatName, is_standard};
use crate::findings::known_code;
use crate::units::Quantity;
use crate::yaml::{Document, Field, Fields, Item, Problems, Shape, Takes};
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name of the file.
pub(super) const NAME: &str = "tenfold.yaml";

/// What may be chosen.
static CONFIG_SHAPE: Shape = Shape::new(
    "configuration",
    "What is chosen for all models of a folder and below.",
    &[
        Field::new("seed", Takes::Whole(0, u32::MAX), "As `--seed`."),
        Field::new("replications", Takes::Whole(1, 1000), "As `--replications`."),
        Field::new("threads", Takes::Whole(1, 1024), "As `--threads`."),
        Field::new("max_replications", Takes::Whole(1, 1000), "As `--max-replications` of `simulate test`."),
        Field::new("strict", Takes::Boolean, "As `--strict` of `simulate test` and `simulate compare`."),
        Field::new("baseline", Takes::Text, "As `--baseline` of `simulate test`, from the folder of this file."),
        Field::new("load", Takes::Load, "As `--load` of the review."),
        Field::new("fail_on", Takes::Word(&["P0", "P1", "P2", "never"]), "As `--fail-on`."),
        Field::new("select", Takes::List(&Takes::Text), "As `--select`."),
        Field::new("ignore", Takes::List(&Takes::Text), "As `--ignore`."),
        Field::new("inline_ignores", Takes::Boolean, "`false` is as `--no-inline-ignores`."),
        Field::new("format", Takes::Text, "As `--format`."),
    ],
);

/// What a file chooses.
#[derive(Clone, Debug, Default)]
struct Config {
    seed: Option<u64>,
    replications: Option<u32>,
    threads: Option<u16>,
    max_replications: Option<u32>,
    strict: Option<bool>,
    baseline: Option<PathBuf>,
    load: Option<Quantity>,
    fail_on: Option<FailOn>,
    select: Option<Vec<String>>,
    ignore: Option<Vec<String>>,
    inline_ignores: Option<bool>,
    format: Option<FormatName>,
}

/// Options that the user gave, by their names.
pub(super) struct Given(pub(super) BTreeSet<String>);

impl Given {
    /// Puts a choice where the user made none.
    fn fill<T>(&self, name: &str, place: &mut T, chosen: Option<T>) {
        if let Some(chosen) = chosen.filter(|_| !self.0.contains(name)) {
            *place = chosen;
        }
    }
}

/// Completes the options of a command by what the file chooses that is nearest to the models, going up.
///
/// # Errors
/// Something is wrong with the file, or two models have different ones.
pub(super) fn complete(command: &mut Command, given: &Given) -> Result<(), Mistake> {
    let models: &[PathBuf] = match command {
        Command::Review(args) => std::slice::from_ref(&args.model),
        Command::Run(args) => std::slice::from_ref(&args.model),
        Command::Check(args) => &args.models,
        Command::Test(args) => &args.models,
        Command::Compare(args) => std::slice::from_ref(args.model()),
        // They read no model.
        _ => return Ok(()),
    };
    let mut found: Vec<PathBuf> = models.iter().filter_map(|model| find(model)).collect();
    found.sort();
    found.dedup();
    let config = match found.as_slice() {
        [] => return Ok(()),
        [file] => read(file)?,
        [one, other, ..] => {
            let message =
                format!("the models have different configurations: {} and {}", one.display(), other.display());
            return Err(Mistake::new(message, "name the models of one of them at a time"));
        }
    };
    match command {
        Command::Review(args) => {
            let options = &mut args.options;
            given.fill("load", &mut options.load, config.load);
            given.fill("fail_on", &mut options.fail_on, config.fail_on);
            config.findings(given, &mut options.findings);
            config.simulation(given, &mut options.simulation);
            config.output(given, &mut options.output);
        }
        Command::Run(args) => {
            config.simulation(given, &mut args.simulation);
            config.output(given, &mut args.output);
        }
        Command::Compare(args) => {
            given.fill("strict", &mut args.strict, config.strict);
            config.simulation(given, &mut args.simulation);
            config.output(given, &mut args.output);
        }
        Command::Check(args) => {
            given.fill("fail_on", &mut args.fail_on, config.fail_on);
            config.findings(given, &mut args.findings);
            config.output(given, &mut args.output);
        }
        Command::Test(args) => {
            given.fill("max_replications", &mut args.max_replications, config.max_replications);
            given.fill("strict", &mut args.strict, config.strict);
            // A baseline that is to be written for the first time is not there yet.
            let baseline = config.baseline.clone().filter(|_| !given.0.contains("write_baseline"));
            given.fill("baseline", &mut args.beside.baseline, baseline.map(Some));
            config.waivers(given, &mut args.waivers);
            config.simulation(given, &mut args.simulation);
            config.output(given, &mut args.output);
        }
        _ => {}
    }
    Ok(())
}

impl Config {
    fn simulation(&self, given: &Given, options: &mut SimulationOptions) {
        given.fill("seed", &mut options.seed, self.seed);
        given.fill("replications", &mut options.replications, self.replications);
        given.fill("threads", &mut options.threads, self.threads.map(Some));
    }

    fn findings(&self, given: &Given, options: &mut FindingOptions) {
        given.fill("select", &mut options.select, self.select.clone());
        given.fill("ignore", &mut options.ignore, self.ignore.clone());
        self.waivers(given, &mut options.waivers);
    }

    fn waivers(&self, given: &Given, options: &mut WaiverOptions) {
        given.fill("no_inline_ignores", &mut options.no_inline_ignores, self.inline_ignores.map(|inline| !inline));
    }

    fn output(&self, given: &Given, options: &mut OutputOptions) {
        // An --output says by its name what it wants.
        if options.output.is_empty() {
            given.fill("format", &mut options.format, self.format.map(|format| vec![format]));
        }
    }
}

/// The file for a model: in its folder or above, up to the root of the repository.
fn find(model: &Path) -> Option<PathBuf> {
    let folder = match model {
        model if is_standard(model) => Path::new("."),
        model if model.is_dir() => model,
        model => model.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")),
    };
    for folder in std::fs::canonicalize(folder).ok()?.ancestors() {
        let file = folder.join(NAME);
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The path from where we are, if the file is below; it is shown so.
fn near(file: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf)).unwrap_or_else(|| file.to_path_buf())
}

fn read(file: &Path) -> Result<Config, Mistake> {
    let input = input::read(&near(file))?;
    let told = |problems: Vec<crate::yaml::Problem>| {
        super::work::told(&input, &problems);
        Mistake::told()
    };
    let document = Document::parse(&input.file, &input.text).map_err(told)?;
    let problems = Problems::new();
    let item = Item::root(&document.root, &problems);
    let mut config = item.shaped(&CONFIG_SHAPE).map(fields).unwrap_or_default();
    if !problems.is_empty() {
        return Err(told(problems.into_vec()));
    }
    let folder = near(file).parent().map(Path::to_path_buf).unwrap_or_default();
    config.baseline = config.baseline.map(|path| folder.join(path));
    Ok(config)
}

fn fields(mut fields: Fields<'_>) -> Config {
    const SEVERITIES: &[(&str, FailOn)] =
        &[("P0", FailOn::P0), ("P1", FailOn::P1), ("P2", FailOn::P2), ("never", FailOn::Never)];
    let formats: Vec<(&str, FormatName)> = FormatName::value_variants().iter().map(|f| (f.name(), *f)).collect();
    let mut whole = |name, least, most| fields.optional(name).and_then(|item| item.whole(least, most));
    let seed = whole("seed", 0, u32::MAX).map(u64::from);
    let (replications, max_replications) = (whole("replications", 1, 1000), whole("max_replications", 1, 1000));
    let threads = whole("threads", 1, 1024).map(|n| n as u16);
    let config = Config {
        seed,
        replications,
        threads,
        max_replications,
        strict: fields.optional("strict").and_then(|item| item.boolean()),
        baseline: fields.optional("baseline").and_then(|item| item.text().map(PathBuf::from)),
        load: fields.optional("load").and_then(|item| load(&item)),
        fail_on: fields.optional("fail_on").and_then(|item| item.word(SEVERITIES)),
        select: fields.optional("select").map(|item| codes(&item)),
        ignore: fields.optional("ignore").map(|item| codes(&item)),
        inline_ignores: fields.optional("inline_ignores").and_then(|item| item.boolean()),
        format: fields.optional("format").and_then(|item| item.word(&formats)),
    };
    fields.finish();
    config
}

fn load(item: &Item<'_>) -> Option<Quantity> {
    values::load(item.text()?).map_err(|message| item.problem(message, "write for instance `10x`")).ok()
}

fn codes(item: &Item<'_>) -> Vec<String> {
    let known = |item: &Item<'_>| {
        let code = item.text()?;
        known_code(code).map_err(|(message, hint)| item.problem(message, hint)).ok().map(|()| code.to_owned())
    };
    item.items().iter().filter_map(known).collect()
}
