//! Where findings on real kernels are kept: a folder that git ignores, what is sensitive apart from the rest and with a
//! note.

use super::event::Found;
use crate::whole;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is told beside a sensitive finding.
const NOTE: &str = "\
This shows what memory, a disk block or another file held, on a real kernel: it is a security report, not a bug report.
Do not publish it, and do not commit it. SECURITY.md says to whom it goes and what has to be in it.
";

/// A folder of findings on one filesystem.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    filesystem: String,
}

impl Store {
    /// Keeps findings below this folder.
    #[must_use]
    pub fn new(findings: &Path, filesystem: &str) -> Self {
        Self { folder: findings.join("host").join(filesystem), filesystem: filesystem.to_owned() }
    }

    /// Writes a finding to `FINDINGS/host/FILESYSTEM/CLASS-….case`, with where it was seen as comments.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, found: &Found, kernel: &str, mount: &str) -> io::Result<PathBuf> {
        let shown = &found.shown;
        let detail = shown.persistence.iter().chain(&shown.cycle).map(|it| format!("-{}", it.replace([',', ';'], "_")));
        let name = format!("{}{}-{}", shown.class, detail.collect::<String>(), shown.rule);
        keep(&self.folder, found.sensitive, &name, &self.text(found, kernel, mount))
    }

    /// Writes what a given case has shown to `FINDINGS/host/FILESYSTEM/sensitive/CASE.txt`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_details(&self, case: &str, text: &str) -> io::Result<PathBuf> {
        let name = Path::new(case).file_stem().map_or_else(|| "case".into(), |it| it.to_string_lossy().into_owned());
        keep_as(&self.folder, true, &name, "txt", text)
    }

    fn text(&self, found: &Found, kernel: &str, mount: &str) -> String {
        let mut lines: Vec<String> = vec![
            found.shown.message.clone(),
            format!("seen on {}, {kernel}, {} of {} times", self.filesystem, found.repeats, found.of),
            format!("mount {mount}"),
        ];
        lines.extend(found.memory());
        lines.extend(found.hang.iter().flat_map(|it| it.lines()).map(str::to_owned));
        let comments: String = lines.iter().map(|it| format!("# {}\n", it.replace('#', ""))).collect();
        let (first, rest) = found.text.split_once('\n').unwrap_or((&found.text, ""));
        format!("{first}\n{comments}{rest}")
    }
}

/// Writes a case into a folder, what is sensitive apart from the rest and with the note; where it is then.
pub(crate) fn keep(folder: &Path, sensitive: bool, name: &str, text: &str) -> io::Result<PathBuf> {
    keep_as(folder, sensitive, name, "case", text)
}

fn keep_as(folder: &Path, sensitive: bool, name: &str, extension: &str, text: &str) -> io::Result<PathBuf> {
    let folder = if sensitive { folder.join("sensitive") } else { folder.to_owned() };
    fs::create_dir_all(&folder)?;
    if sensitive {
        whole::write(&folder.join("READ-ME-FIRST.txt"), NOTE.as_bytes())?;
    }
    let path = free_path(&folder, name, extension);
    whole::write(&path, text.as_bytes())?;
    Ok(path)
}

/// A path that no file of another search has: what it found is not lost.
fn free_path(folder: &Path, name: &str, extension: &str) -> PathBuf {
    let plain = folder.join(format!("{name}.{extension}"));
    let numbered = (2..).map(|number| folder.join(format!("{name}-{number}.{extension}")));
    std::iter::once(plain.clone()).chain(numbered).find(|it| !it.exists()).unwrap_or(plain)
}
