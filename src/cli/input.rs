//! Reading models from files.

use super::args::subcommands;
use super::exit::Mistake;
use super::values::is_standard;
use crate::yaml::{Files, MAX_BYTES, did_you_mean, list};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A model's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// The file as messages name it.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
}

/// The one model of the review. Anything else is most likely a mistyped command.
pub(super) fn only_model(models: Vec<PathBuf>) -> Result<PathBuf, Mistake> {
    let words: Vec<String> = subcommands();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let first = models.first().map(|m| m.display().to_string()).unwrap_or_default();
    match <[PathBuf; 1]>::try_from(models) {
        Ok([model]) => Ok(model),
        Err(models) if models.is_empty() => {
            Err(Mistake::new("no model is given", "name a YAML file: simulate models/shop.yaml"))
        }
        Err(_) if words.contains(&first.as_str()) => Err(Mistake::new(
            format!("options stand before the command `{first}`"),
            format!("write them behind it: simulate {first} MODEL …"),
        )),
        Err(models) if !models[0].exists() && !first.contains(['.', '/']) => Err(Mistake::new(
            format!("there is no command `{first}`"),
            match did_you_mean(&first, words.iter().copied()) {
                Some(near) => format!("did you mean `simulate {near}`?"),
                None => format!("the commands are {}; without one, name a model to have it reviewed", list(words)),
            },
        )),
        Err(models) => Err(Mistake::new(
            format!("a review is of one model, and {} are given", models.len()),
            "review them one by one, or read them all with `simulate check`",
        )),
    }
}

/// Reads the files a model names, from its own folder (for standard input, from where we are).
pub(super) fn files(model: &str) -> Files {
    let folder =
        if model == STDIN { PathBuf::new() } else { Path::new(model).parent().map(PathBuf::from).unwrap_or_default() };
    Files::new(move |name| {
        let path = folder.join(name);
        let bytes = File::open(&path).and_then(limited).map_err(|e| match e.kind() {
            ErrorKind::NotFound => format!("there is no file {}", path.display()),
            _ => e.to_string(),
        })?;
        if bytes.len() > MAX_BYTES {
            return Err(format!("it is larger than {} MB", MAX_BYTES / 1_000_000));
        }
        String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".into())
    })
}

/// What standard input is called.
const STDIN: &str = "<stdin>";

/// Reads a model's text.
pub(super) fn read(path: &Path) -> Result<Input, Mistake> {
    let (file, bytes) = if is_standard(path) {
        (STDIN.to_string(), limited(io::stdin().lock()))
    } else {
        (path.display().to_string(), open(path)?)
    };
    let bytes = bytes.map_err(|e| Mistake::new(format!("cannot read {file}: {e}"), "check the file and its rights"))?;
    if bytes.len() > MAX_BYTES {
        return Err(Mistake::new(
            format!("{file} is too large to be a model: more than {} MB", MAX_BYTES / 1_000_000),
            "is it the right file?",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| not_text(&file, e.as_bytes(), e.utf8_error().valid_up_to()))?;
    // Some editors put a byte order mark before the text.
    let text = text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text);
    Ok(Input { file, text })
}

fn open(path: &Path) -> Result<io::Result<Vec<u8>>, Mistake> {
    if path.is_dir() {
        let models = models_in(path);
        let help = match models.as_slice() {
            [] => "name a YAML file".into(),
            [first, ..] => format!("name a file in it, such as {}", path.join(first).display()),
        };
        return Err(Mistake::new(format!("{} is a directory", path.display()), help));
    }
    match File::open(path) {
        Ok(file) => Ok(limited(file)),
        Err(e) if e.kind() == ErrorKind::NotFound => Err(missing(path)),
        Err(e) => Ok(Err(e)),
    }
}

fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// No such file: perhaps a mistyped command, or a mistyped name.
fn missing(path: &Path) -> Mistake {
    let shown = path.display().to_string();
    let message = format!("there is no file {shown}");
    let commands = subcommands();
    if let Some(near) = did_you_mean(&shown, commands.iter().map(String::as_str)) {
        return Mistake::new(message, format!("did you mean the command `simulate {near} MODEL`?"));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let models = models_in(folder);
    let beside = |name: &str| {
        if path.parent().is_some_and(|p| p.as_os_str().is_empty()) {
            name.to_string()
        } else {
            folder.join(name).display().to_string()
        }
    };
    match did_you_mean(&name, models.iter().map(String::as_str)) {
        Some(near) => Mistake::new(message, format!("did you mean {}?", beside(near))),
        None if models.is_empty() => Mistake::new(message, "name a YAML file, such as models/shop.yaml"),
        None => Mistake::new(
            message,
            format!(
                "there are {}",
                list(models.iter().map(|m| beside(m)).collect::<Vec<_>>().iter().map(String::as_str))
            ),
        ),
    }
}

/// The models that paths stand for: files as they are, of directories every YAML file in them and below, by name. Links to
/// directories are not followed, since they may lead in circles.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    let mut all = Vec::new();
    for path in paths {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let before = all.len();
        below(path, &mut all);
        if all.len() == before {
            return Err(Mistake::new(format!("there is no YAML file in {}", path.display()), "name another directory"));
        }
    }
    // Named twice, tested once.
    let mut seen = BTreeSet::new();
    all.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(all)
}

fn below(folder: &Path, all: &mut Vec<PathBuf>) {
    let beside = |name: String| if folder == Path::new(".") { name.into() } else { folder.join(name) };
    all.extend(models_in(folder).into_iter().map(&beside).filter(|path| !is_baseline(path)));
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_folder = |e: &fs::DirEntry| e.file_type().is_ok_and(|t| t.is_dir());
    let hidden = |e: &fs::DirEntry| e.file_name().to_string_lossy().starts_with('.');
    let name = |e: fs::DirEntry| beside(e.file_name().to_string_lossy().into_owned());
    let mut folders: Vec<PathBuf> = entries.flatten().filter(|e| is_folder(e) && !hidden(e)).map(name).collect();
    folders.sort();
    folders.iter().for_each(|folder| below(folder, all));
}

/// A baseline is YAML, too, and no model.
pub(super) fn is_baseline(path: &Path) -> bool {
    let mut start = [0; 512];
    let read = File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or_default();
    String::from_utf8_lossy(&start[..read]).lines().any(|line| line.starts_with("format: tenfold/baseline/"))
}

/// The YAML files of a folder, by name.
fn models_in(folder: &Path) -> Vec<String> {
    // What is chosen for the models of a folder is no model.
    let is_model = |p: &Path| p.file_name().is_some_and(|name| name != super::config::NAME);
    let is_yaml = |p: &Path| p.extension().is_some_and(|e| e == "yaml" || e == "yml") && is_model(p);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|e| e.path()).filter(|p| is_yaml(p));
    let mut names: Vec<String> = paths.filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names
}

fn not_text(file: &str, bytes: &[u8], good: usize) -> Mistake {
    let line = 1 + bytes[..good].iter().filter(|b| **b == b'\n').count();
    let help = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it looks like UTF-16; save it as UTF-8",
        [0x1f, 0x8b, ..] => "it looks compressed; unpack it first",
        _ => "save it as UTF-8, or name the right file",
    };
    Mistake::new(format!("{file} is not UTF-8 text: line {line} holds the byte 0x{:02x}", bytes[good]), help)
}
