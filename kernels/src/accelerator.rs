//! How a guest's instructions are run: by the processor, or one by one.

use std::fs::{self, OpenOptions};

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// By the processor: fast.
    Kvm,
    /// Translated: slow, and everywhere.
    Tcg,
}

impl Accelerator {
    /// Whether the processor could: it has the instructions for it, and `/dev/kvm` is there. That alone is not enough:
    /// inside another virtual machine it may crawl or die, so that a trial has to decide.
    #[must_use]
    pub fn kvm_is_worth_a_trial() -> bool {
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        has_virtualisation(&processor) && OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok()
    }

    /// What qemu is told.
    pub(crate) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
            Self::Tcg => &["-accel", "tcg,thread=single", "-cpu", "max"],
        }
    }
}

fn has_virtualisation(processor: &str) -> bool {
    let flags = processor.lines().filter(|it| it.starts_with("flags"));
    flags.flat_map(str::split_whitespace).any(|it| matches!(it, "svm" | "vmx"))
}

#[cfg(test)]
mod tests {
    use super::has_virtualisation;

    #[test]
    fn only_the_flag_itself_counts() {
        assert!(has_virtualisation("model name : x\nflags\t\t: fpu vmx smx\n"));
        assert!(has_virtualisation("flags\t\t: svm\n"));
        assert!(!has_virtualisation("flags\t\t: fpu vmx_thing\nvmx flags : vnmi\n"));
        assert!(!has_virtualisation(""));
    }
}
