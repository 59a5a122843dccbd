//! A kernel that can boot: its image, its modules, and what it calls itself.

use crate::Version;
use crate::modules::are_below;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why something is no kernel that can boot.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not the image of a kernel.
    #[error("{path} is no image of a kernel that can boot: vmlinuz or bzImage is, vmlinux is not")]
    NoImage {
        /// Which.
        path: PathBuf,
    },
    /// There is no image in the folder.
    #[error("there is no kernel in {path}: no vmlinuz, boot/vmlinuz-*, lib/modules/*/vmlinuz or arch/x86/boot/bzImage")]
    NoneInFolder {
        /// Which.
        path: PathBuf,
    },
    /// There is no such folder of modules.
    #[error("there is no folder of modules {path}")]
    NoModules {
        /// Which.
        path: PathBuf,
    },
}

/// A kernel that can boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// What it calls itself.
    pub version: Version,
    /// The image.
    pub image: PathBuf,
    /// Where its modules are; without, all that it has is built in.
    pub modules: Option<PathBuf>,
}

impl Kernel {
    /// The kernel at a path: an image, whose modules are looked for where its distribution or build puts them; an image
    /// and a folder of modules, with a comma between; or a folder in which both are.
    ///
    /// # Errors
    /// If there is none.
    pub fn at(path: &Path) -> Result<Self, KernelError> {
        if let Some((image, modules)) = path.to_str().and_then(|it| it.split_once(',')).filter(|_| !path.exists()) {
            let modules = PathBuf::from(modules);
            if !modules.is_dir() {
                return Err(KernelError::NoModules { path: modules });
            }
            return Ok(Self { modules: Some(modules), ..Self::of_image(Path::new(image))? });
        }
        let metadata = fs::metadata(path).map_err(|source| KernelError::Read { path: path.to_owned(), source })?;
        if !metadata.is_dir() {
            let kernel = Self::of_image(path)?;
            let root = root_of_image(&kernel.image);
            let modules = root.and_then(|root| modules_below(&root, &kernel.version));
            return Ok(Self { modules, ..kernel });
        }
        let image = image_below(path).ok_or_else(|| KernelError::NoneInFolder { path: path.to_owned() })?;
        let kernel = Self::of_image(&image)?;
        let modules = modules_below(path, &kernel.version).or_else(|| are_below(path).then(|| path.to_owned()));
        Ok(Self { modules, ..kernel })
    }

    /// An image without modules.
    fn of_image(image: &Path) -> Result<Self, KernelError> {
        let header = header_of(image).map_err(|source| KernelError::Read { path: image.to_owned(), source })?;
        let version = version_in(&header).ok_or_else(|| KernelError::NoImage { path: image.to_owned() })?;
        Ok(Self { version, image: image.to_owned(), modules: None })
    }
}

/// Enough of an image to have its version.
const HEADER: u64 = 1 << 17;

fn header_of(image: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    File::open(image)?.take(HEADER).read_to_end(&mut header)?;
    Ok(header)
}

/// The version in the header of an image, as Linux's `Documentation/arch/x86/boot.rst` describes it.
fn version_in(header: &[u8]) -> Option<Version> {
    if header.get(0x202..0x206)? != b"HdrS" {
        return None;
    }
    let at = usize::from(u16::from_le_bytes(header.get(0x20e..0x210)?.try_into().ok()?)) + 0x200;
    let text = header.get(at..)?.split(|it| *it == 0).next()?;
    let text = String::from_utf8_lossy(text);
    let version: Version = text.split_whitespace().next()?.parse().ok()?;
    // `… #1 SMP Debian 5.10.223-1 (2024-08-10)`
    let release = text.split_whitespace().skip_while(|it| *it != "Debian").nth(1);
    Some(release.map_or_else(|| version.clone(), |it| version.clone().made_from(it)))
}

/// The image in a folder that a package was unpacked into, or in which a kernel was built.
fn image_below(folder: &Path) -> Option<PathBuf> {
    let fixed = ["vmlinuz", "bzImage", "arch/x86/boot/bzImage", "arch/x86_64/boot/bzImage"].map(|it| folder.join(it));
    let in_boot = entries(&folder.join("boot")).into_iter().filter(|it| begins(it, "vmlinuz"));
    let in_modules = ["lib/modules", "usr/lib/modules"].into_iter().flat_map(|it| entries(&folder.join(it)));
    let in_modules = in_modules.map(|it| it.join("vmlinuz"));
    fixed.into_iter().chain(in_boot).chain(in_modules).find(|it| it.is_file())
}

fn begins(path: &Path, with: &str) -> bool {
    path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(with))
}

/// What is in a folder, in order; nothing if there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = found.map(|it| it.path()).collect();
    found.sort();
    found
}

/// The folder that an image belongs to: that with `boot/`, or the root of a kernel's build.
fn root_of_image(image: &Path) -> Option<PathBuf> {
    let image = fs::canonicalize(image).ok()?;
    let folder = image.parent()?;
    if folder.ends_with("boot") && folder.parent().is_some_and(|it| begins(it, "x86")) {
        return folder.ancestors().nth(3).map(Path::to_owned);
    }
    if folder.ends_with("boot") {
        return folder.parent().map(Path::to_owned);
    }
    // Of Debian's newer packages and Fedora's: beside its modules.
    folder.ancestors().find(|it| it.join("lib/modules").is_dir()).map(Path::to_owned)
}

/// The modules of this version below a root; of a build, its whole folder.
fn modules_below(root: &Path, version: &Version) -> Option<PathBuf> {
    let installed = ["lib/modules", "usr/lib/modules"].map(|it| root.join(it).join(version.as_str()));
    let here = root.join("modules");
    let build = root.join("modules.order").is_file().then(|| root.to_owned());
    installed.into_iter().chain([here]).find(|it| are_below(it)).or(build)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest file whose header says this.
    fn image(text: &str) -> Vec<u8> {
        let mut bytes = vec![0; 0x400];
        bytes[0x202..0x206].copy_from_slice(b"HdrS");
        bytes[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
        bytes[0x300..0x300 + text.len()].copy_from_slice(text.as_bytes());
        bytes
    }

    fn write(path: &Path, bytes: &[u8]) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    const DEBIAN: &str = "5.10.0-32-cloud-amd64 (somebody) #1 SMP Debian 5.10.223-1 (2024-08-10)";

    #[test]
    fn a_folder_of_an_unpacked_package_has_both() {
        let folder = tempfile::tempdir().expect("a folder");
        write(&folder.path().join("boot/vmlinuz-5.10.0-32-cloud-amd64"), &image(DEBIAN));
        write(&folder.path().join("lib/modules/5.10.0-32-cloud-amd64/kernel/loop.ko"), b"");
        let kernel = Kernel::at(folder.path()).expect("a kernel");
        assert_eq!(kernel.version.as_str(), "5.10.0-32-cloud-amd64");
        assert_eq!(kernel.version.release(), "5.10.223");
        assert_eq!(kernel.modules, Some(folder.path().join("lib/modules/5.10.0-32-cloud-amd64")));
        // The image alone leads to the same modules.
        let same = Kernel::at(&kernel.image).expect("a kernel");
        assert_eq!(
            same.modules.map(|it| fs::canonicalize(it).ok()),
            kernel.modules.map(|it| fs::canonicalize(it).ok())
        );
    }

    #[test]
    fn an_image_with_all_built_in_has_no_modules() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bzImage");
        write(&path, &image("6.16.3 (me@here) #2 SMP"));
        let kernel = Kernel::at(&path).expect("a kernel");
        assert_eq!((kernel.version.as_str(), kernel.modules), ("6.16.3", None));
        let missing = Kernel::at(Path::new(&format!("{},{}/no", path.display(), folder.path().display())));
        assert!(matches!(missing, Err(KernelError::NoModules { .. })), "{missing:?}");
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vmlinux");
        write(&path, b"\x7fELF");
        assert!(matches!(Kernel::at(&path), Err(KernelError::NoImage { .. })));
        assert!(matches!(Kernel::at(folder.path()), Err(KernelError::NoneInFolder { .. })));
        assert!(matches!(Kernel::at(&folder.path().join("none")), Err(KernelError::Read { .. })));
    }
}
