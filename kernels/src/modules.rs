//! The modules of a kernel: which there are, and in which order those that are needed have to be loaded.

use crate::compressed;
use object::{Object, ObjectSection};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Why a module cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no module.
    #[error("{path} is no kernel module: {source}")]
    NoModule {
        /// Which.
        path: PathBuf,
        /// Why.
        source: object::Error,
    },
}

/// A module, as it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, with `_` for `-`.
    pub name: String,
    /// Its file's content.
    pub content: Vec<u8>,
}

/// The modules of one kernel.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    files: BTreeMap<String, PathBuf>,
}

impl Modules {
    /// Those below a folder: an installed or unpacked one, or that of a build.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn below(folder: &Path) -> Result<Self, ModuleError> {
        let mut files = BTreeMap::new();
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| ModuleError::Read {
                path: error.path().unwrap_or(folder).to_owned(),
                source: error.into(),
            })?;
            if let Some(name) = name_of(entry.path()).filter(|_| entry.file_type().is_file()) {
                files.insert(name, entry.into_path());
            }
        }
        Ok(Self { files })
    }

    /// Those of these that there are, each after what it needs. What is not there is built into the kernel, or not to
    /// be had: loading the others shows which.
    ///
    /// # Errors
    /// If a module cannot be read.
    pub fn needed(&self, wanted: &[&str]) -> Result<Vec<Module>, ModuleError> {
        let mut order = Order { modules: self, seen: BTreeSet::new(), ordered: Vec::new() };
        for name in wanted {
            order.add(&plain(name))?;
        }
        Ok(order.ordered)
    }

    fn about(&self, module: &Module) -> Result<About, ModuleError> {
        let path = || self.files.get(&module.name).cloned().unwrap_or_default();
        About::of(&module.content).map_err(|source| ModuleError::NoModule { path: path(), source })
    }

    fn read(&self, name: &str) -> Result<Option<Module>, ModuleError> {
        let Some(path) = self.files.get(name) else { return Ok(None) };
        let content = content_of(path).map_err(|source| ModuleError::Read { path: path.clone(), source })?;
        Ok(Some(Module { name: name.to_owned(), content }))
    }
}

fn content_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    compressed::reader(path, BufReader::new(File::open(path)?))?.read_to_end(&mut content)?;
    Ok(content)
}

/// `dm_mod` of `dm-mod.ko.xz`.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let stem = [".ko", ".ko.xz", ".ko.zst"].iter().find_map(|it| name.strip_suffix(it))?;
    Some(plain(stem))
}

/// The kernel takes both for the same.
fn plain(name: &str) -> String {
    name.trim().replace('-', "_")
}

/// Puts modules into the order in which they can be loaded.
struct Order<'m> {
    modules: &'m Modules,
    seen: BTreeSet<String>,
    ordered: Vec<Module>,
}

impl Order<'_> {
    fn add(&mut self, name: &str) -> Result<(), ModuleError> {
        if !self.seen.insert(name.to_owned()) {
            return Ok(());
        }
        let Some(module) = self.modules.read(name)? else { return Ok(()) };
        let about = self.modules.about(&module)?;
        for other in &about.before {
            match self.modules.files.contains_key(other) {
                true => self.add(other)?,
                false => self.add_algorithm(other)?,
            }
        }
        for other in &about.depends {
            self.add(other)?;
        }
        self.ordered.push(module);
        Ok(())
    }

    /// Adds the modules that provide something by another name, such as an algorithm: `crypto-crc32c` is in
    /// `crc32c-cryptoapi`. There is nobody in a guest whom the kernel could ask for it.
    fn add_algorithm(&mut self, alias: &str) -> Result<(), ModuleError> {
        let algorithm = alias.strip_prefix("crypto_").unwrap_or(alias);
        // Not all modules are read for this: their names begin as the algorithm's does.
        let begin: String = algorithm.chars().take_while(char::is_ascii_alphabetic).collect();
        let likely = |(name, path): &(&String, &PathBuf)| {
            name.starts_with(&begin) && path.components().any(|it| it.as_os_str() == "crypto")
        };
        let names: Vec<String> = self.modules.files.iter().filter(likely).map(|(name, _)| name.clone()).collect();
        for name in names {
            let Some(module) = self.modules.read(&name)? else { continue };
            if self.modules.about(&module)?.aliases.iter().any(|it| it == alias || it == algorithm) {
                self.add(&name)?;
            }
        }
        Ok(())
    }
}

/// What a module says of itself in `.modinfo`.
#[derive(Debug, Default, PartialEq, Eq)]
struct About {
    depends: Vec<String>,
    /// What it would like to have before, if it is there.
    before: Vec<String>,
    /// Other names by which it is asked for.
    aliases: Vec<String>,
}

impl About {
    fn of(content: &[u8]) -> object::Result<Self> {
        let file = object::File::parse(content)?;
        let Some(section) = file.section_by_name(".modinfo") else { return Ok(Self::default()) };
        Ok(Self::parse(&String::from_utf8_lossy(section.data()?)))
    }

    fn parse(modinfo: &str) -> Self {
        let mut about = Self::default();
        for field in modinfo.split('\0') {
            match field.split_once('=') {
                Some(("depends", names)) => {
                    about.depends.extend(names.split(',').filter(|it| !it.is_empty()).map(plain));
                }
                Some(("alias", name)) => about.aliases.push(plain(name)),
                Some(("softdep", words)) => {
                    let words = words.split_whitespace().skip_while(|it| *it != "pre:").skip(1);
                    about.before.extend(words.take_while(|it| !it.ends_with(':')).map(plain));
                }
                _ => {}
            }
        }
        about
    }
}

/// Whether a folder has modules somewhere below it.
pub(crate) fn are_below(folder: &Path) -> bool {
    let is_module = |it: walkdir::Result<walkdir::DirEntry>| it.is_ok_and(|it| name_of(it.path()).is_some());
    fs::metadata(folder).is_ok() && WalkDir::new(folder).into_iter().any(is_module)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{Object as Written, StandardSection};
    use object::{Architecture, BinaryFormat, Endianness, SectionKind};

    /// A module that says nothing but this of itself.
    fn module(modinfo: &str) -> Vec<u8> {
        let mut object = Written::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        object.section_id(StandardSection::Text);
        let section = object.add_section(Vec::new(), b".modinfo".to_vec(), SectionKind::ReadOnlyData);
        object.append_section_data(section, modinfo.as_bytes(), 1);
        object.write().expect("an object")
    }

    fn tree(modules: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, modinfo) in modules {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, module(modinfo)).expect("a module");
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, wanted: &[&str]) -> Vec<String> {
        let modules = Modules::below(folder.path()).expect("modules");
        modules.needed(wanted).expect("an order").into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn each_comes_after_what_it_needs_and_once() {
        let folder = tree(&[
            ("kernel/fs/xfs/xfs.ko", "license=GPL\0depends=libcrc32c,exportfs\0"),
            ("kernel/lib/libcrc32c.ko", "depends=crc-core\0"),
            ("kernel/lib/crc-core.ko", "depends=\0"),
            ("kernel/fs/btrfs/btrfs.ko", "depends=libcrc32c\0softdep=pre: crc32c pre2 post: late\0"),
            ("kernel/crypto/pre2.ko", ""),
            ("kernel/crypto/late.ko", ""),
        ]);
        assert_eq!(names(&folder, &["xfs"]), ["crc_core", "libcrc32c", "xfs"]);
        assert_eq!(names(&folder, &["xfs", "btrfs"]), ["crc_core", "libcrc32c", "xfs", "pre2", "btrfs"]);
        assert!(names(&folder, &["ext4"]).is_empty());
    }

    #[test]
    fn an_algorithm_is_found_by_its_other_name() {
        let folder = tree(&[
            ("kernel/fs/btrfs.ko", "depends=xor\0softdep=pre: crypto-crc32c\0softdep=pre: sha256\0"),
            ("kernel/crypto/crc32c-cryptoapi.ko", "alias=crypto-crc32c\0alias=crc32c\0depends=\0"),
            ("kernel/crypto/crct10dif.ko", "alias=crypto-crct10dif\0"),
            ("kernel/drivers/crc32c-card.ko", "alias=crypto-crc32c\0"),
            ("kernel/crypto/xor.ko", ""),
        ]);
        assert_eq!(names(&folder, &["btrfs"]), ["crc32c_cryptoapi", "xor", "btrfs"]);
    }

    #[test]
    fn modules_that_need_each_other_end() {
        let folder = tree(&[("a.ko", "depends=b\0"), ("b.ko", "depends=a\0")]);
        assert_eq!(names(&folder, &["a"]), ["b", "a"]);
    }

    #[test]
    fn what_is_no_module_is_told_with_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("xfs.ko"), "text").expect("a file");
        let error = Modules::below(folder.path()).expect("modules").needed(&["xfs"]).expect_err("no module");
        assert!(error.to_string().contains("xfs.ko is no kernel module"), "{error}");
    }

    #[test]
    fn names_are_the_same_with_either_line() {
        assert_eq!(name_of(Path::new("a/dm-mod.ko.xz")).as_deref(), Some("dm_mod"));
        assert_eq!(name_of(Path::new("a/loop.ko.zst")).as_deref(), Some("loop"));
        assert_eq!(name_of(Path::new("modules.order")), None);
    }
}
