//! Which kernel this is.

/// Its name and version, as findings name it: `Linux 6.18.44`, without what a distribution or a builder has added to
/// the release.
#[must_use]
pub fn kernel() -> String {
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let version: String = release.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect();
    format!("{} {}", system.sysname().to_string_lossy(), version.trim_end_matches('.'))
}
