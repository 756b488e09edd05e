//! Writing reports: to standard output, or to files that are written whole or not at all.

use super::args::OutputOptions;
use super::exit::Mistake;
use super::terminal;
use super::values::{FormatName, is_standard};
use crate::report::{self, Detail, FORMATS, Report, Style};
use anyhow::Context;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where all reports of one command go. Made before the simulation, so that what cannot be written is known at once.
pub(super) struct Outputs {
    targets: Vec<(FormatName, Target)>,
    detail: Detail,
    waived: bool,
}

enum Target {
    Standard,
    /// Written beside its place and then moved there.
    File(PathBuf),
    /// A device or a pipe, which nothing can be moved to.
    Device(PathBuf),
}

impl Outputs {
    /// Pairs formats with places, and opens the files. `inputs` are files that must not be overwritten.
    pub(super) fn open(options: &OutputOptions, inputs: &[PathBuf]) -> Result<Outputs, Mistake> {
        let mut formats = options.format.clone();
        if formats.is_empty() {
            formats.push(match options.output.first().and_then(|p| p.extension()) {
                Some(extension) if extension == "json" => FormatName::Json,
                Some(extension) if extension == "html" => FormatName::Html,
                Some(extension) if extension == "md" => FormatName::Markdown,
                _ => FormatName::Text,
            });
        }
        if options.output.len() > formats.len() {
            return Err(Mistake::new(
                format!("there are {} --output and {} --format", options.output.len(), formats.len()),
                "give each --output its --format: --format text --output a.txt --format json --output a.json",
            ));
        }
        let standard = |i: usize| options.output.get(i).is_none_or(|p| is_standard(p));
        if (0..formats.len()).filter(|i| standard(*i)).count() > 1 {
            return Err(Mistake::new(
                "two reports would go to standard output",
                "give each --format its --output, in the same order",
            ));
        }
        let mut targets = Vec::new();
        for (i, format) in formats.iter().enumerate() {
            let target = if standard(i) { Target::Standard } else { Target::open(&options.output[i], inputs)? };
            targets.push((*format, target));
        }
        different(&targets)?;
        // Who sits at a terminal sees the page even when the reports go to files.
        if !targets.iter().any(|(_, t)| matches!(t, Target::Standard)) && terminal::is_stdout() {
            targets.push((FormatName::Text, Target::Standard));
        }
        let detail = match (options.quiet, options.verbose) {
            (true, _) => Detail::Verdict,
            (_, true) => Detail::All,
            _ => Detail::Page,
        };
        Ok(Outputs { targets, detail, waived: options.show_suppressed })
    }

    /// Whether one of them shows what only pictures need.
    pub(super) fn draw(&self) -> bool {
        self.targets.iter().any(|(format, _)| matches!(format, FormatName::Html | FormatName::Json))
    }

    /// Whether one of them shows single requests; text does so for one experiment, when everything is asked for.
    pub(super) fn traces(&self, plain: bool) -> bool {
        let text = plain && self.detail == Detail::All;
        self.targets.iter().any(|(format, _)| match format {
            FormatName::Html => true,
            FormatName::Text => text,
            _ => false,
        })
    }

    /// Writes the reports, in the order asked for.
    pub(super) fn write(self, reports: &[Report]) -> anyhow::Result<()> {
        for (format, target) in self.targets {
            let waived = self.waived;
            let style = match &target {
                Target::Standard => Style {
                    colour: terminal::colour_on_stdout(),
                    width: terminal::width(),
                    ascii: terminal::is_ascii(),
                    detail: self.detail,
                    waived,
                },
                _ => Style {
                    detail: if self.detail == Detail::All { Detail::All } else { Detail::Page },
                    waived,
                    ..Style::default()
                },
            };
            target.write(&written(format, reports, &style)?)?;
        }
        Ok(())
    }
}

fn written(format: FormatName, reports: &[Report], style: &Style) -> anyhow::Result<Vec<u8>> {
    let format = FORMATS.iter().find(|f| f.name() == format.name()).context("a format without a writer")?;
    let mut bytes = Vec::new();
    format.write_all(reports, style, &mut bytes)?;
    Ok(bytes)
}

impl Target {
    fn open(path: &Path, inputs: &[PathBuf]) -> Result<Target, Mistake> {
        let shown = path.display();
        // Through a link, what it points to is replaced, not the link.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let before = fs::metadata(&place).ok();
        if before.as_ref().is_some_and(|m| m.is_dir()) {
            return Err(Mistake::new(format!("cannot write {shown}: it is a directory"), "name a file in it"));
        }
        if before.as_ref().is_some_and(|m| !m.is_file()) {
            return Ok(Target::Device(place));
        }
        if inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|i| i == place)) {
            return Err(Mistake::new(
                format!("{shown} is the model itself, and would be overwritten"),
                "name another file after --output",
            ));
        }
        // Made and removed at once: whoever is stopped while it simulates leaves nothing behind.
        temporary(&place).map_err(|e| {
            let help = match e.kind() {
                ErrorKind::NotFound => format!("create the folder first: mkdir -p {}", folder_of(&place).display()),
                _ => "name another file after --output".into(),
            };
            Mistake::new(format!("cannot write {shown}: {}", reason(&e)), help)
        })?;
        Ok(Target::File(place))
    }

    fn write(self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Target::Standard => print(bytes),
            Target::File(place) => {
                let write = |mut temporary: NamedTempFile| {
                    temporary.write_all(bytes)?;
                    temporary.flush()?;
                    temporary.persist(&place).map(|_| ()).map_err(|e| e.error)
                };
                temporary(&place).and_then(write).with_context(|| format!("cannot write {}", place.display()))?;
                terminal::tell(&format!("wrote {}", place.display()));
                Ok(())
            }
            Target::Device(place) => {
                let open = File::options().write(true).open(&place);
                match open.and_then(|mut file| file.write_all(bytes)) {
                    Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
                    done => done.with_context(|| format!("cannot write {}", place.display())),
                }
            }
        }
    }
}

fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside this place, with the rights that are due there.
fn temporary(place: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".simulate-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let temporary = builder.tempfile_in(folder_of(place))?;
    if let Ok(before) = fs::metadata(place) {
        // Best effort: the report matters more than the rights of its file.
        let _ = temporary.as_file().set_permissions(before.permissions());
    }
    Ok(temporary)
}

/// A place that one text will go to; opened before the simulation, so that what cannot be written is known at once.
pub(super) struct Place(Target);

impl Place {
    /// Opens it; `-` is standard output. The models themselves are not overwritten.
    pub(super) fn open(path: &Path, models: &[PathBuf]) -> Result<Place, Mistake> {
        let open = || Target::open(path, models);
        Ok(Place(if is_standard(path) { Target::Standard } else { open()? }))
    }

    /// Writes it.
    pub(super) fn write(self, text: &str) -> anyhow::Result<()> {
        self.0.write(text.as_bytes())
    }
}

/// Writes to one place, whole or not at all; `-` is standard output.
pub(super) fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let target = if is_standard(path) { Target::Standard } else { Target::open(path, &[])? };
    target.write(bytes)
}

/// Writes the charts of a report into a folder, which is made where it is missing.
pub(super) fn plots(folder: &Path, report: &Report) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, text) in report::plots(report) {
        put(&folder.join(name), text.as_bytes())?;
    }
    Ok(())
}

/// Writes to standard output.
pub(super) fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write to standard output"),
    }
}

/// Two reports in one file would overwrite one another.
fn different(targets: &[(FormatName, Target)]) -> Result<(), Mistake> {
    let mut places: Vec<&PathBuf> = Vec::new();
    for (_, target) in targets {
        if let Target::File(place) = target {
            if places.contains(&place) {
                return Err(Mistake::new(
                    format!("two reports would go to {}", place.display()),
                    "give each --output a name of its own",
                ));
            }
            places.push(place);
        }
    }
    Ok(())
}

/// The cause without the temporary name.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "its folder does not exist".into(),
        ErrorKind::PermissionDenied => "its folder may not be written to".into(),
        ErrorKind::NotADirectory => "its folder is a file".into(),
        _ => error.to_string(),
    }
}
