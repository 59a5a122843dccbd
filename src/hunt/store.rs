//! Where findings are kept: by defect, one case file for each place and class, written whole or not at all.

use super::{Finding, Trouble, TroubleKind};
use crate::judge::Signature;
use case::Case;
use machine::Defect;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A folder of findings.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Keeps findings below this folder, which is made when there is something to keep.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a finding is kept: `DEFECT/STRATEGY-FILESYSTEM-FORM-CLASS.case`, or `new/STRATEGY-FILESYSTEM-FORM-CLASS-DETAIL-RULE.case` if it is
    /// unexplained.
    #[must_use]
    pub fn path(&self, finding: &Finding) -> PathBuf {
        let folder = folder_name(finding);
        self.folder.join(folder).join(file_name(&finding.signature, finding.cause.is_unexplained()))
    }

    /// Writes a finding there. A case that another hunt left there for the same finding is replaced.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, finding: &Finding) -> io::Result<PathBuf> {
        let path = self.path(finding);
        write_whole(&path, &finding.case).map(|()| path)
    }

    /// Writes the case of a bug of our own to `STRATEGY/TROUBLE-KIND-CASE.case`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_trouble(&self, trouble: &Trouble) -> io::Result<PathBuf> {
        let kind = match trouble.kind {
            TroubleKind::Panic(_) => "panic",
            TroubleKind::Irreducible(..) => "irreducible",
            TroubleKind::Control(name, _) => name,
        };
        let name = format!("TROUBLE-{kind}-{}.case", trouble.at_case);
        let path = self.folder.join(trouble.strategy).join(name);
        write_whole(&path, &trouble.case).map(|()| path)
    }
}

/// Writes a case so that nobody ever sees half of it, whatever happens in between.
///
/// # Errors
/// If it cannot be written; then there is no file, or the one that was there before.
pub fn write_whole(path: &Path, case: &Case) -> io::Result<()> {
    write_text(path, &case.print())
}

/// Writes a text in the same way.
///
/// # Errors
/// If it cannot be written; then there is no file, or the one that was there before.
pub fn write_text(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = readable_by_all().prefix(".unfinished-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Temporary files are private to their owner unless told otherwise; a case is not.
#[cfg(unix)]
#[must_use]
pub fn readable_by_all<'a>() -> tempfile::Builder<'a, 'a> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = tempfile::Builder::new();
    builder.permissions(fs::Permissions::from_mode(0o666));
    builder
}

/// Temporary files are private to their owner unless told otherwise; a case is not.
#[cfg(not(unix))]
#[must_use]
pub fn readable_by_all<'a>() -> tempfile::Builder<'a, 'a> {
    tempfile::Builder::new()
}

/// The defects of a cause as a folder's name.
fn folder_name(finding: &Finding) -> String {
    if finding.cause.is_unexplained() {
        return "new".to_owned();
    }
    let mut defects: Vec<&str> = finding.cause.defects().map(Defect::id).collect();
    // A name has an end.
    defects.truncate(3);
    defects.join("+")
}

fn file_name(signature: &Signature, in_full: bool) -> String {
    let Signature { strategy, class, rule, filesystem, form, .. } = signature;
    let place = format!("{strategy}-{}-{}-{class}", filesystem.word(), form.word());
    if !in_full {
        return format!("{place}.case");
    }
    let detail = signature.detail_in_a_name().map_or_else(String::new, |it| format!("-{it}"));
    format!("{place}{detail}-{rule}.case")
}
