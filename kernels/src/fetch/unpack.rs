//! Takes the kernel out of a Debian package: its image and its modules, where they are in it.

use crate::compressed;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Component, Path};

/// Unpacks the kernel's files of a package into a folder.
pub(super) fn unpack(package: &Path, folder: &Path) -> io::Result<()> {
    let mut archive = ar::Archive::new(BufReader::new(File::open(package)?));
    while let Some(member) = archive.next_entry() {
        let member = member?;
        let name = String::from_utf8_lossy(member.header().identifier()).into_owned();
        if name.starts_with("data.tar") {
            return unpack_files(compressed::reader(Path::new(&name), member)?, folder);
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it has no data.tar"))
}

fn unpack_files(files: impl io::Read, folder: &Path) -> io::Result<()> {
    for file in tar::Archive::new(files).entries()? {
        let mut file = file?;
        if is_of_kernel(&file.path()?) {
            // Whoever may not write into the folder that a package has made could not unpack the rest of it.
            file.set_preserve_permissions(false);
            file.unpack_in(folder)?;
        }
    }
    Ok(())
}

/// Whether it is the image or below the modules.
fn is_of_kernel(path: &Path) -> bool {
    let parts: Vec<&str> =
        path.components().filter(|it| *it != Component::CurDir).filter_map(|it| it.as_os_str().to_str()).collect();
    match parts[..] {
        ["boot", name] => name.starts_with("vmlinuz"),
        ["lib", "modules", ..] | ["usr", "lib", "modules", ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    /// A package with these files.
    fn package(path: &Path, member: &str, files: &[(&str, &str)]) {
        let mut data = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            data.append_data(&mut header, name, content.as_bytes()).expect("an entry");
        }
        let data = data.into_inner().expect("a tar");
        let mut builder = ar::Builder::new(File::create(path).expect("a file"));
        for (name, content) in [("debian-binary", b"2.0\n".to_vec()), (member, data)] {
            builder.append(&ar::Header::new(name.into(), content.len() as u64), &*content).expect("a member");
        }
        builder.into_inner().expect("a package").flush().expect("it is written");
    }

    #[test]
    fn only_the_kernel_is_unpacked() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, to) = (folder.path().join("a.deb"), folder.path().join("to"));
        fs::create_dir(&to).expect("a folder");
        let files = [
            ("./boot/vmlinuz-6.1", "image"),
            ("./boot/config-6.1", "config"),
            ("./lib/modules/6.1/kernel/loop.ko", "module"),
            ("./usr/share/doc/linux/changelog", "text"),
        ];
        package(&path, "data.tar", &files);
        unpack(&path, &to).expect("it unpacks");
        let content = |name: &str| fs::read_to_string(to.join(name)).ok();
        assert_eq!(content("boot/vmlinuz-6.1").as_deref(), Some("image"));
        assert_eq!(content("lib/modules/6.1/kernel/loop.ko").as_deref(), Some("module"));
        assert!(content("boot/config-6.1").is_none() && !to.join("usr").exists());
    }

    #[test]
    fn what_is_cut_off_or_no_package_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.deb");
        package(&path, "control.tar", &[]);
        assert!(unpack(&path, folder.path()).is_err());
        package(&path, "data.tar", &[("./boot/vmlinuz-6.1", "image")]);
        let whole = fs::read(&path).expect("it is there");
        fs::write(&path, &whole[..200]).expect("it is written");
        assert!(unpack(&path, folder.path()).is_err());
        fs::write(&path, "text").expect("it is written");
        assert!(unpack(&path, folder.path()).is_err());
    }
}
