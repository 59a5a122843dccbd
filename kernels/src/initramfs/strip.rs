//! Programs without what only debuggers read: less to copy into each guest.

use object::build::elf::Builder;

/// The same without its debug sections; as it was, if it cannot be taken apart.
pub(super) fn without_debug_sections(program: Vec<u8>) -> Vec<u8> {
    stripped(&program).unwrap_or(program)
}

fn stripped(program: &[u8]) -> object::build::Result<Vec<u8>> {
    let mut builder = Builder::read(program)?;
    for section in &mut builder.sections {
        section.delete = !section.is_alloc() && section.name.starts_with(b".debug");
    }
    builder.delete_orphans();
    let mut bytes = Vec::new();
    builder.write(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::{Object, ObjectSection};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    #[test]
    fn a_program_without_them_still_runs() {
        let this = fs::read(std::env::current_exe().expect("a program")).expect("it can be read");
        let stripped = without_debug_sections(this.clone());
        assert!(stripped.len() < this.len());
        let file = object::File::parse(&*stripped).expect("a program");
        assert!(!file.sections().any(|it| it.name().is_ok_and(|it| it == ".debug_info")));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program");
        fs::write(&path, stripped).expect("it is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can run");
        assert!(Command::new(path).arg("--list").output().expect("it runs").status.success());
    }

    #[test]
    fn what_is_no_program_stays() {
        assert_eq!(without_debug_sections(b"#!/bin/sh\n".to_vec()), b"#!/bin/sh\n");
    }
}
