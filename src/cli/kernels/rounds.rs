//! Runs cases on one kernel: boots it, reads what `shortcopy host` tells there, and boots it again if a case has ended
//! it, until each case has an outcome.

use super::guest;
use super::laboratory::{CORPUS, Laboratory, Row, Todo};
use super::outcome::Judged;
use super::told::{Told, read};
use crate::whole;
use kernels::initramfs;
use kernels::{Ended, How, Job, Kernel, Machine, MachineError, Modules, Output};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// How many lines of what a command says on standard error are told.
const LINES: usize = 3;

/// The run of one kernel.
struct Run<'l> {
    laboratory: &'l Laboratory<'l>,
    kernel: &'l Kernel,
    rows: Vec<Row>,
    /// How many consoles were kept.
    consoles: usize,
}

/// Runs all cases on a kernel. `show` is called with how many have an outcome. If it was stopped, some have none.
///
/// # Errors
/// If a machine cannot be started.
pub fn run(laboratory: &Laboratory<'_>, kernel: &Kernel, show: &dyn Fn(usize)) -> Result<Vec<Row>, MachineError> {
    let mut run = Run { laboratory, kernel, rows: Vec::new(), consoles: 0 };
    let mut todo = Vec::new();
    for fs in laboratory.filesystems {
        let cases = (0..laboratory.samples.len()).collect();
        let missing = fs.disk().filter(|it| laboratory.programs.missing.iter().any(|tool| tool == it.tool));
        match missing {
            Some(disk) => {
                let why = format!("there is no {} here; Debian has it in the package {}", disk.tool, disk.package);
                run.all(&[Todo { fs: *fs, cases }], &Judged::cannot_run(why));
            }
            None => todo.push(Todo { fs: *fs, cases }),
        }
    }
    let (modules, paths) = match modules(kernel, &todo) {
        Ok(modules) => initramfs::of_modules(&modules),
        Err(error) => {
            run.all(&todo, &Judged::cannot_run(error.to_string()));
            todo.clear();
            (Vec::new(), Vec::new())
        }
    };
    while !todo.is_empty() && !laboratory.stop.load(Ordering::Relaxed) {
        let before = run.rows.len();
        show(before);
        let ended = run.boot(&todo, (&modules, &paths), &|told| show(before + told))?;
        todo = run.take(todo, &ended);
    }
    show(run.rows.len());
    let place = |it: &Row| laboratory.filesystems.iter().position(|fs| *fs == it.fs);
    run.rows.sort_by_key(|it| (place(it), it.case));
    Ok(run.rows)
}

/// The modules that the filesystems need, as far as the kernel has any.
fn modules(kernel: &Kernel, todo: &[Todo]) -> Result<Vec<kernels::Module>, kernels::ModuleError> {
    let Some(folder) = &kernel.modules else { return Ok(Vec::new()) };
    let mut wanted: Vec<&str> = Vec::new();
    for Todo { fs, .. } in todo {
        wanted.extend(fs.disk().map(|_| "loop"));
        wanted.push(fs.about().filesystem);
    }
    Modules::below(folder)?.needed(&wanted)
}

impl Run<'_> {
    fn boot(
        &self,
        todo: &[Todo],
        (modules, paths): (&[u8], &[String]),
        show: &dyn Fn(usize),
    ) -> Result<Ended, MachineError> {
        let Laboratory { samples, known, limit, programs, accelerator, stop, .. } = self.laboratory;
        let commands = todo.iter().map(|it| self.laboratory.command(it)).collect();
        let mut files: Vec<(String, Vec<u8>)> =
            samples.iter().map(|it| (it.path.clone(), it.content.clone())).collect();
        files.extend(known.iter().map(|it| (format!("{CORPUS}/real-kernels.json"), it.clone())));
        let job = initramfs::of_job(&Job { modules: paths.to_vec(), commands }, &files);
        let archives = [programs.archive.as_slice(), modules, &job];
        let arguments = [guest::COMMAND];
        let machine =
            Machine { kernel: self.kernel, archives: &archives, init_arguments: &arguments, accelerator: *accelerator };
        machine.start()?.wait(*limit, stop, |results| {
            show(results.outputs.iter().map(|it| read(&it.out).0.len()).sum());
        })
    }

    /// Takes what a guest has told, and gives what is left to do: at least one case less.
    fn take(&mut self, todo: Vec<Todo>, ended: &Ended) -> Vec<Todo> {
        let mut left = Vec::new();
        // The filesystems that the guest did not get to the end of, and what is missing of each.
        let mut open = Vec::new();
        let mut outputs = ended.results.outputs.iter();
        for it in todo {
            let output = outputs.next();
            let untold = output.map_or_else(|| it.cases.clone(), |output| self.take_told(&it, output));
            let missing = Todo { fs: it.fs, cases: untold };
            match output.filter(|it| it.status.is_some()) {
                None => open.push(missing),
                Some(_) if missing.cases.is_empty() => {}
                Some(output) => left.extend(self.ended_early(missing, it.cases.len(), output, &ended.results.notes)),
            }
        }
        let judged = match &ended.how {
            How::Stopped => return Vec::new(),
            How::Finished | How::Hung | How::Died if ended.results.outputs.is_empty() => self.hung(ended),
            How::Finished | How::Hung | How::Died => {
                // The first of them is the one; the others have not begun.
                let mut open = open.into_iter();
                let culprit = open.next().and_then(|it| self.blame(it, ended));
                return left.into_iter().chain(culprit).chain(open).collect();
            }
            How::DidNotBoot(said) => self.does_not_boot(said, ended),
            How::Killed(signal) => {
                Judged::cannot_run(format!("somebody ended its virtual machine with signal {signal}"))
            }
        };
        self.all(&open, &judged);
        self.all(&left, &judged);
        Vec::new()
    }

    /// Takes the cases that were told of; those that were not.
    fn take_told(&mut self, todo: &Todo, output: &Output) -> Vec<usize> {
        let mut told: Vec<Told> = read(&output.out).0;
        let mut untold = Vec::new();
        for case in &todo.cases {
            let sample = &self.laboratory.samples[*case];
            match told.iter().position(|it| it.case == sample.path) {
                Some(at) => {
                    let expectations = &sample.selected.case.expectations;
                    let judged = Judged::of(told.swap_remove(at), expectations, self.laboratory.times);
                    self.rows.push(Row { fs: todo.fs, case: *case, judged });
                }
                None => untold.push(*case),
            }
        }
        untold
    }

    /// A command has ended without a word about some of its cases: if it has told of none, the filesystem cannot be
    /// had; else the first of them is what ended it.
    fn ended_early(&mut self, missing: Todo, of: usize, output: &Output, notes: &[String]) -> Option<Todo> {
        let no_modules = self.kernel.modules.is_none().then(|| "this kernel has no modules here".to_owned());
        let why = reasons(output).into_iter().chain(notes.iter().cloned()).chain(no_modules).collect();
        let judged = Judged { why, ..Judged::cannot_run("") };
        if missing.cases.len() == of {
            self.all(&[missing], &judged);
            return None;
        }
        self.first(missing, &judged)
    }

    /// The guest did not get to the end of this filesystem: the first case that it has not told of is the one. If it
    /// has told of all, unmounting was too much.
    fn blame(&mut self, missing: Todo, ended: &Ended) -> Option<Todo> {
        let judged = self.hung(ended);
        if missing.cases.is_empty() {
            if let Some(row) = self.rows.iter_mut().rev().find(|it| it.fs == missing.fs) {
                row.judged.why.extend(judged.why.iter().map(|it| format!("afterwards, {it}")));
                row.judged.console = judged.console;
            }
            return None;
        }
        self.first(missing, &judged)
    }

    /// Gives the first of these an outcome; the others are left.
    fn first(&mut self, missing: Todo, judged: &Judged) -> Option<Todo> {
        let Todo { fs, cases } = missing;
        let (first, others) = cases.split_first()?;
        self.all(&[Todo { fs, cases: vec![*first] }], judged);
        (!others.is_empty()).then(|| Todo { fs, cases: others.to_vec() })
    }

    /// The outcome of what a kernel did not get over.
    fn hung(&mut self, ended: &Ended) -> Judged {
        let seconds = ended.time.as_secs();
        let how = match ended.how {
            How::Hung => format!("the kernel came to no end in {seconds} s, which is its --time-limit"),
            _ => format!("the kernel came to a sudden end after {seconds} s"),
        };
        let broken = ended.results.broken.iter().map(|it| format!("what it told is broken: {it}"));
        let why = [how].into_iter().chain(broken).chain(last_words(ended)).collect();
        Judged { why, ..Judged::hung("", self.keep_console(ended)) }
    }

    fn does_not_boot(&mut self, said: &str, ended: &Ended) -> Judged {
        let said = if said.is_empty() { "the machine ended before process 1 was reached" } else { said };
        let why = [format!("it does not boot: {said}")].into_iter().chain(last_words(ended)).collect();
        Judged { console: self.keep_console(ended), why, ..Judged::cannot_run("") }
    }

    /// Gives all these the same outcome.
    fn all(&mut self, todo: &[Todo], judged: &Judged) {
        for Todo { fs, cases } in todo {
            self.rows.extend(cases.iter().map(|case| Row { fs: *fs, case: *case, judged: judged.clone() }));
        }
    }

    /// Keeps the console; where it is, if it could be kept.
    fn keep_console(&mut self, ended: &Ended) -> Option<PathBuf> {
        self.consoles += 1;
        let folder = self.laboratory.findings.join("kernels");
        let path = folder.join(format!("{}-{}.console", self.kernel.version, self.consoles));
        let kept = fs::create_dir_all(&folder).and_then(|()| whole::write(&path, ended.console.as_bytes()));
        match kept {
            Ok(()) => Some(path),
            Err(error) => {
                eprintln!("cannot keep the console of {}: {error}", self.kernel.version);
                None
            }
        }
    }
}

fn last_words(ended: &Ended) -> Option<String> {
    ended.tail().last().map(|it| format!("its last words: {it}"))
}

/// Why `host` has ended: the failures that it told, or the last that it said.
fn reasons(output: &Output) -> Vec<String> {
    let (_, failures) = read(&output.out);
    if !failures.is_empty() {
        return failures;
    }
    let said = String::from_utf8_lossy(&output.err).into_owned();
    // A failure is drawn as a tree.
    let plain = said.lines().map(|it| it.trim_start_matches([' ', '×', '│', '├', '╰', '─', '▶']).trim_end());
    let kept: Vec<&str> = plain.filter(|it| !it.is_empty() && !it.starts_with("Next: ")).collect();
    if kept.is_empty() {
        return output.status.iter().map(|it| format!("`shortcopy host` ended there with {it}")).collect();
    }
    kept[kept.len().saturating_sub(LINES)..].iter().map(|it| (*it).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::kernels::laboratory::Sample;
    use crate::cli::kernels::outcome::Outcome;
    use crate::cli::select::Selected;
    use host::mount::Kind;
    use kernels::accelerator::Accelerator;
    use kernels::initramfs::Programs;
    use kernels::{Results, Status};
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    static NEVER: AtomicBool = AtomicBool::new(false);

    /// Filesystems with cases.
    type Cases = Vec<(Kind, Vec<usize>)>;

    /// What is left after a guest that was to run three cases on tmpfs and ext4 has ended so, and the outcomes.
    fn taken(how: How, outputs: &[(&[&str], Option<i32>)]) -> (Cases, Vec<(Kind, usize, Outcome)>) {
        let case = case::repair::decode(b"shortcopy case 1\n").case;
        let selected = |number: usize| Selected { path: format!("{number}.case").into(), case: case.clone() };
        let samples: Vec<Sample> = (0..3).map(|it| Sample::new(it, selected(it), Vec::new())).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let laboratory = Laboratory {
            samples: &samples,
            known: None,
            filesystems: &[Kind::Tmpfs, Kind::Ext4],
            times: 10,
            limit: Duration::ZERO,
            findings: folder.path(),
            programs: Programs { archive: Vec::new(), missing: Vec::new() },
            accelerator: Accelerator::Tcg,
            stop: &NEVER,
        };
        let version = "6.1".parse().expect("a version");
        let kernel = Kernel { version, image: PathBuf::new(), modules: Some(PathBuf::new()) };
        let mut run = Run { laboratory: &laboratory, kernel: &kernel, rows: Vec::new(), consoles: 0 };
        let output = |(cases, status): &(&[&str], Option<i32>)| Output {
            out: cases.iter().map(|it| format!("{{\"case\":\"/cases/{it}.case\"}}\n")).collect::<String>().into(),
            err: b"  \xc3\x97 no such thing\n\nNext: x\n".to_vec(),
            status: status.map(Status::Exit),
        };
        let results = Results { outputs: outputs.iter().map(output).collect(), ..Results::default() };
        let ended = Ended { how, results, console: "last words\n".to_owned(), time: Duration::ZERO };
        let todo = [Kind::Tmpfs, Kind::Ext4].map(|fs| Todo { fs, cases: vec![0, 1, 2] });
        let left = run.take(todo.into(), &ended).into_iter().map(|it| (it.fs, it.cases)).collect();
        (left, run.rows.iter().map(|it| (it.fs, it.case, it.judged.outcome)).collect())
    }

    #[test]
    fn the_case_that_ends_a_kernel_is_told_and_the_others_are_left() {
        use Kind::{Ext4, Tmpfs};
        use Outcome::{Hung, NotShown};
        let (left, rows) = taken(How::Hung, &[(&["0"], None)]);
        assert_eq!(left, [(Tmpfs, vec![2]), (Ext4, vec![0, 1, 2])]);
        assert_eq!(rows, [(Tmpfs, 0, NotShown), (Tmpfs, 1, Hung)]);
        let (left, rows) = taken(How::Died, &[(&["0", "1", "2"], Some(0)), (&["0", "1"], None)]);
        assert!(left.is_empty());
        assert_eq!(rows.last(), Some(&(Ext4, 2, Hung)));
        // All was told, and then the filesystem could not be unmounted.
        let (left, rows) = taken(How::Hung, &[(&["0", "1", "2"], None)]);
        assert_eq!(left, [(Ext4, vec![0, 1, 2])]);
        assert!(rows.iter().all(|it| it.2 == NotShown));
    }

    #[test]
    fn a_filesystem_that_cannot_be_had_does_not_keep_the_other_from_running() {
        use Kind::{Ext4, Tmpfs};
        use Outcome::{CannotRun, NotShown};
        let (left, rows) = taken(How::Finished, &[(&[], Some(2)), (&["0", "1", "2"], Some(0))]);
        assert!(left.is_empty());
        assert_eq!(rows[..3], [0, 1, 2].map(|it| (Tmpfs, it, CannotRun)));
        assert_eq!(rows[3..], [0, 1, 2].map(|it| (Ext4, it, NotShown)));
        // A case after which `host` could not go on is told; those after it are run again.
        let (left, rows) = taken(How::Finished, &[(&["0"], Some(4)), (&["0", "1", "2"], Some(0))]);
        assert_eq!(left, [(Tmpfs, vec![2])]);
        assert_eq!(rows[1], (Tmpfs, 1, CannotRun));
    }

    #[test]
    fn a_kernel_that_does_not_boot_or_is_killed_is_not_tried_again() {
        for how in [How::DidNotBoot(String::new()), How::Killed(9), How::Died] {
            let is_dead = how == How::Died;
            let (left, rows) = taken(how, &[]);
            assert!(left.is_empty());
            let outcome = if is_dead { Outcome::Hung } else { Outcome::CannotRun };
            assert_eq!(rows.iter().filter(|it| it.2 == outcome).count(), 6);
        }
        assert_eq!(taken(How::Stopped, &[(&["0"], None)]), (Vec::new(), vec![(Kind::Tmpfs, 0, Outcome::NotShown)]));
    }

    #[test]
    fn what_host_says_is_told_without_its_drawing() {
        let output = Output { err: b"  \xc3\x97 no mkfs.xfs\n\nNext: apt\n".to_vec(), ..Output::default() };
        assert_eq!(reasons(&output), ["no mkfs.xfs"]);
        let silent = Output { status: Some(Status::Exit(2)), ..Output::default() };
        assert_eq!(reasons(&silent), ["`shortcopy host` ended there with exit 2"]);
    }
}
