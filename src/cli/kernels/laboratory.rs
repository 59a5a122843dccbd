//! What all kernels have in common: the cases, where and how often they run, and how guests do.

use super::guest;
use super::outcome::Judged;
use crate::cli::select::Selected;
use host::mount::Kind;
use kernels::accelerator::Accelerator;
use kernels::initramfs::{self, Programs};
use kernels::{How, Job, Kernel, Machine, MachineError};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long a guest may take to show that the processor can run it.
const TRIAL: Duration = Duration::from_secs(20);
/// Where the list of what is known is in a guest, if it is not built in.
pub const CORPUS: &str = "/corpus";

/// A case for guests.
#[derive(Debug)]
pub struct Sample {
    /// Where it came from, and what is in it.
    pub selected: Selected,
    /// Where it is in a guest.
    pub path: String,
    /// Its file.
    pub content: Vec<u8>,
}

impl Sample {
    /// The case of this number.
    pub fn new(number: usize, selected: Selected, content: Vec<u8>) -> Self {
        // What an extension says of a file is the same there.
        let extension = selected.path.extension().map(|it| format!(".{}", it.to_string_lossy())).unwrap_or_default();
        Self { path: format!("/cases/{number}{extension}"), selected, content }
    }
}

/// What all kernels have in common.
#[derive(Debug)]
pub struct Laboratory<'a> {
    pub samples: &'a [Sample],
    /// The list of what is known of real kernels, if guests do not have it built in.
    pub known: Option<Vec<u8>>,
    pub filesystems: &'a [Kind],
    pub times: u32,
    pub limit: Duration,
    /// Where consoles are kept.
    pub findings: &'a Path,
    pub programs: Programs,
    pub accelerator: Accelerator,
    pub stop: &'a AtomicBool,
}

/// What one case came to on one filesystem.
#[derive(Debug)]
pub struct Row {
    pub fs: Kind,
    /// Its number among the samples.
    pub case: usize,
    pub judged: Judged,
}

/// The cases of one filesystem that are still to be run.
#[derive(Debug)]
pub struct Todo {
    pub fs: Kind,
    pub cases: Vec<usize>,
}

impl Laboratory<'_> {
    /// Chooses how guests run: by the processor, if it can and this kernel comes up so within some seconds.
    ///
    /// # Errors
    /// If a machine cannot be started at all.
    pub fn choose_accelerator(&mut self, kernel: &Kernel) -> Result<(), MachineError> {
        if !Accelerator::kvm_is_worth_a_trial() {
            return Ok(());
        }
        let job = initramfs::of_job(&Job::default(), &[]);
        let archives = [self.programs.archive.as_slice(), &job];
        let arguments = [guest::COMMAND];
        let machine =
            Machine { kernel, archives: &archives, init_arguments: &arguments, accelerator: Accelerator::Kvm };
        let ended = machine.start()?.wait(TRIAL, self.stop, |_| ())?;
        if ended.how == How::Finished {
            self.accelerator = Accelerator::Kvm;
        }
        Ok(())
    }

    /// The outcome of all cases on a kernel that cannot be had.
    pub fn cannot_run(&self, why: &str) -> Vec<Row> {
        let of = |fs: &Kind| {
            let fs = *fs;
            (0..self.samples.len()).map(move |case| Row { fs, case, judged: Judged::cannot_run(why) })
        };
        self.filesystems.iter().flat_map(of).collect()
    }

    /// The command of a guest that runs the cases of one filesystem, all in one: its start takes seconds there.
    pub fn command(&self, todo: &Todo) -> Vec<String> {
        let times = self.times.to_string();
        let mut words = vec![guest::PROGRAM, "host", "--fs", todo.fs.word(), "--times", &times, "--json"];
        if self.known.is_some() {
            words.extend(["--corpus", CORPUS]);
        }
        words.extend(todo.cases.iter().map(|it| self.samples[*it].path.as_str()));
        words.into_iter().map(str::to_owned).collect()
    }
}
