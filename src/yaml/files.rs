//! Other files that a model names: rates, recorded arrivals, latencies.

use std::fmt;
use std::sync::Arc;

/// Reads the files a model names, by the name written there. Whoever reads the model hands it in; the library itself opens
/// nothing.
#[derive(Clone)]
pub struct Files(Arc<Reader>);

type Reader = dyn Fn(&str) -> Result<String, String> + Send + Sync;

impl Files {
    /// Files read by this function, which answers why it cannot: `it does not exist`.
    pub fn new(read: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static) -> Files {
        Files(Arc::new(read))
    }

    /// No file can be read.
    pub fn none() -> Files {
        Files::new(|_| Err("no file can be read here".into()))
    }

    /// The text of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(&self, name: &str) -> Result<String, String> {
        (self.0)(name)
    }
}

impl Default for Files {
    fn default() -> Files {
        Files::none()
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

/// How files are read is no part of what a document says.
impl PartialEq for Files {
    fn eq(&self, _: &Files) -> bool {
        true
    }
}
