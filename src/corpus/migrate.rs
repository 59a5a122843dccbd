//! Cases of another version of the format, or damaged ones, as cases of this version.

use case::{Case, repair};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is a case of this version already.
    Kept,
    /// It is one now.
    Repaired {
        /// The case.
        case: Box<Case>,
        /// How much had to be dropped, clamped or added.
        repairs: u32,
    },
    /// Nothing of it is a case.
    Lost,
}

/// Reads a file strictly, and where that fails saves what can be saved. A case of which no operation is left is lost.
#[must_use]
pub fn migrate(bytes: &[u8]) -> Fate {
    let text = std::str::from_utf8(bytes);
    if text.is_ok_and(|text| Case::parse("it", text).is_ok()) {
        return Fate::Kept;
    }
    let nothing = repair::decode(b"").case;
    let decoded = repair::decode(bytes);
    if decoded.case.tasks == nothing.tasks {
        return Fate::Lost;
    }
    Fate::Repaired { case: Box::new(decoded.case), repairs: decoded.repaired }
}

#[cfg(test)]
mod tests {
    use super::{Fate, migrate};
    use case::Case;

    const CASE: &str = "shortcopy case 1\nfs block\nfile a size 0\ntask r read a 0..1\n";

    #[test]
    fn what_is_valid_is_kept_what_can_be_is_saved_and_the_rest_is_lost() {
        assert_eq!(migrate(CASE.as_bytes()), Fate::Kept);
        let older = CASE.replace("case 1", "case 0").replace("fs block", "fs block\nsomething that is gone");
        let Fate::Repaired { case, repairs } = migrate(older.as_bytes()) else { panic!("it can be saved") };
        assert!(repairs > 0);
        assert_eq!(*case, Case::parse("it", CASE).expect("a case"));
        assert_eq!(migrate(b"\xff\xfe\x00"), Fate::Lost);
        assert_eq!(migrate(b"an essay on page caches"), Fate::Lost);
    }
}
