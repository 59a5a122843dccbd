//! This machine's apt with a state of our own.

use super::packages::{Available, is_of_kernel, kernels_in};
use super::{FetchError, sources};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Settings of the machine's that are not for us: what it does before and after, and what is another's in our file.
const NOT_OURS: [&str; 7] =
    ["APT::Update::", "DPkg::", "APT::Architecture", "APT::Default-Release", "Dir::Etc::", "Dir::State", "Dir::Cache"];
/// How a line of apt's begins that says what went wrong.
const COMPLAINTS: [&str; 2] = ["E: ", "W: "];

/// apt, with its folder.
#[derive(Clone, Debug)]
pub(super) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Prepares a folder: configuration and sources from those of the machine.
    pub fn in_folder(folder: &Path) -> Result<Self, FetchError> {
        let config = run(Command::new("apt-config").arg("dump"), "config", folder)?;
        let config = String::from_utf8_lossy(&config.stdout).into_owned();
        let sources = sources::for_kernels(&source_files(&config)).ok_or(FetchError::NoSource)?;
        for below in ["lists/partial", "cache/archives/partial", "empty"] {
            let path = folder.join(below);
            fs::create_dir_all(&path).map_err(FetchError::file(&path))?;
        }
        let apt = Self { folder: folder.to_owned() };
        for (name, content) in [("apt.conf", apt.configuration(&config)), ("kernels.sources", sources)] {
            let path = folder.join(name);
            // What apt has made of the lists is older than a file that was just written, and would be made anew.
            if fs::read_to_string(&path).ok().as_ref() != Some(&content) {
                write_private(&path, &content).map_err(FetchError::file(&path))?;
            }
        }
        Ok(apt)
    }

    /// The machine's settings with our folders.
    fn configuration(&self, machines: &str) -> String {
        let kept = machines.lines().filter(|it| !NOT_OURS.iter().any(|other| it.starts_with(other)));
        let status = machines.lines().find(|it| it.starts_with("Dir::State::status "));
        let in_folder = |name: &str| self.folder.join(name).display().to_string();
        let mut lines: Vec<String> = kept.chain(status).map(str::to_owned).collect();
        let empty = in_folder("empty");
        lines.extend(
            [
                ("Dir::State", in_folder("")),
                ("Dir::State::lists", in_folder("lists")),
                ("Dir::Cache", in_folder("cache")),
                ("Dir::Cache::archives", in_folder("cache/archives")),
                // Half of the room, for a second that it would save.
                ("Dir::Cache::srcpkgcache", String::new()),
                ("Dir::Etc::sourcelist", in_folder("kernels.sources")),
                ("Dir::Etc::sourceparts", empty.clone()),
                // All of the machine's settings are above.
                ("Dir::Etc::parts", empty.clone()),
                ("Dir::Etc::main", in_folder("empty/apt.conf")),
                ("Dir::Etc::preferences", in_folder("empty/preferences")),
                ("Dir::Etc::preferencesparts", empty),
                ("APT::Architecture", "amd64".to_owned()),
                ("APT::Architectures::", "amd64".to_owned()),
                ("Acquire::Languages", "none".to_owned()),
                ("Acquire::AllowInsecureRepositories", "false".to_owned()),
                ("APT::Get::AllowUnauthenticated", "false".to_owned()),
            ]
            .map(|(name, value)| format!("{name} \"{value}\";")),
        );
        if rustix::process::geteuid().is_root() {
            // Nobody else can write into our folder.
            lines.push("APT::Sandbox::User \"root\";".to_owned());
        }
        lines.join("\n") + "\n"
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.folder.join("apt.conf")).env("LC_ALL", "C").current_dir(&self.folder);
        command
    }

    /// Whether the lists of packages are there, and younger than this.
    pub fn lists_are_younger_than(&self, age: Duration) -> bool {
        let modified = fs::metadata(self.stamp()).and_then(|it| it.modified());
        modified.is_ok_and(|it| it.elapsed().is_ok_and(|it| it < age)) && self.has_lists()
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("updated")
    }

    fn has_lists(&self) -> bool {
        let lists = fs::read_dir(self.folder.join("lists")).into_iter().flatten().flatten();
        lists.into_iter().any(|it| it.file_name().to_string_lossy().contains("_Packages"))
    }

    /// Fetches the lists of packages. A suite that an archive does not have is no error as long as there is another;
    /// apt's words about it are what is returned.
    pub fn update(&self) -> Result<Option<String>, FetchError> {
        let output = output(self.command("apt-get").args(["-q", "update"]))?;
        let complaints = complaints(&output);
        if !self.has_lists() || is_about_room(&complaints) {
            return Err(failure("update", complaints, &self.folder));
        }
        let stamp = self.stamp();
        fs::write(&stamp, "").map_err(FetchError::file(&stamp))?;
        Ok((!output.status.success()).then_some(complaints))
    }

    /// The kernels that can be fetched.
    pub fn available(&self) -> Result<Vec<Available>, FetchError> {
        let search = ["search", "--names-only", "^linux-(image|binary|modules)-"];
        let found = run(self.command("apt-cache").args(search), "search", &self.folder)?;
        let names = String::from_utf8_lossy(&found.stdout).into_owned();
        let names: Vec<&str> =
            names.lines().filter_map(|it| it.split(' ').next()).filter(|it| is_of_kernel(it)).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let shown =
            run(self.command("apt-cache").args(["show", "--no-all-versions"]).args(names), "show", &self.folder)?;
        Ok(kernels_in(&String::from_utf8_lossy(&shown.stdout)))
    }

    /// Downloads packages into a folder, and checks them; where they are.
    pub fn download(&self, packages: &[String], folder: &Path) -> Result<Vec<PathBuf>, FetchError> {
        let mut command = self.command("apt-get");
        command.args(["-q", "download"]).args(packages).current_dir(folder);
        run(&mut command, "download", folder)?;
        let entries = fs::read_dir(folder).map_err(FetchError::file(folder))?.flatten().map(|it| it.path());
        let mut paths: Vec<PathBuf> = entries.filter(|it| it.extension().is_some_and(|it| it == "deb")).collect();
        paths.sort();
        Ok(paths)
    }
}

/// Writes a file that nobody else can read: the machine's settings may have a password for its proxy.
fn write_private(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())
}

/// The words for a full disk: the kernel's, and apt's own.
fn is_about_room(message: &str) -> bool {
    message.contains("No space left on device") || message.contains("enough free space")
}

/// The machine's files of sources, with their contents.
fn source_files(config: &str) -> Vec<(PathBuf, String)> {
    let value = |name: &str| {
        let line = config.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(" \"")?.strip_suffix("\";"));
        line.unwrap_or_default().to_owned()
    };
    let etc = Path::new("/").join(value("Dir")).join(value("Dir::Etc"));
    let parts = fs::read_dir(etc.join(value("Dir::Etc::sourceparts"))).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = parts.map(|it| it.path()).collect();
    paths.sort();
    paths.insert(0, etc.join(value("Dir::Etc::sourcelist")));
    let is_one = |it: &PathBuf| it.extension().is_some_and(|it| it == "list" || it == "sources");
    paths.into_iter().filter(is_one).filter_map(|it| Some((it.clone(), fs::read_to_string(it).ok()?))).collect()
}

fn output(command: &mut Command) -> Result<Output, FetchError> {
    command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => FetchError::NoApt,
        _ => FetchError::Apt { what: "start", message: error.to_string() },
    })
}

fn run(command: &mut Command, what: &'static str, folder: &Path) -> Result<Output, FetchError> {
    let output = output(command)?;
    if output.status.success() { Ok(output) } else { Err(failure(what, complaints(&output), folder)) }
}

/// Why apt could not do something with a folder.
fn failure(what: &'static str, message: String, folder: &Path) -> FetchError {
    if is_about_room(&message) {
        return FetchError::full(if what == "download" { "the packages" } else { "the lists of packages" }, folder);
    }
    FetchError::Apt { what, message }
}

/// What apt says went wrong.
fn complaints(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = errors.lines().filter_map(|it| COMPLAINTS.iter().find_map(|complaint| it.strip_prefix(complaint)));
    let lines: Vec<&str> = lines.collect();
    if lines.is_empty() { format!("it ended with {}", output.status) } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_and_folders_of_the_machine_are_left_out_and_its_proxy_is_not() {
        let machines = "APT \"\";\nAPT::Architecture \"arm64\";\nAPT::Update::Post-Invoke-Success:: \"gdbus call\";\n\
             Acquire::http::Proxy \"proxy:3128\";\nDPkg::Post-Invoke:: \"rm -f /x\";\nDir \"/\";\n\
             Dir::State \"var/lib/apt\";\n\
             Dir::State::status \"/var/lib/dpkg/status\";\nDir::Etc::parts \"apt.conf.d\";\n";
        let ours = Apt { folder: "/ours".into() }.configuration(machines);
        assert!(ours.contains("Acquire::http::Proxy \"proxy:3128\";") && ours.contains("/var/lib/dpkg/status"));
        assert!(!ours.contains("Invoke") && !ours.contains("arm64") && !ours.contains("apt.conf.d"));
        assert!(ours.contains("Dir::State::lists \"/ours/lists\";"));
    }
}
