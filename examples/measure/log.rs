//! The log of a measurement, which goes on where it was stopped.

use anyhow::Result;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The lines of a log; none if there is no log yet.
pub fn lines(log: &Path) -> Result<Vec<Value>> {
    let Ok(file) = fs::File::open(log) else { return Ok(Vec::new()) };
    BufReader::new(file).lines().map(|it| Ok(serde_json::from_str(&it?)?)).collect()
}
