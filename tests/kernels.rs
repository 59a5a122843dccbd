//! Kernels in virtual machines: what each way of ending looks like from outside, and cases on a kernel of one's own
//! choice. `SHORTCOPY_KERNEL` names it; else the newest that was fetched is taken.
#![cfg(feature = "kernels")]

#[path = "../host/tests/common/needs.rs"]
mod needs;

use assert_cmd::Command;
use kernels::accelerator::Accelerator;
use kernels::initramfs::{self, Programs};
use kernels::{Cache, Ended, How, Job, Kernel, Machine, MachineError, Status, VirtualMachine};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

/// Names the kernel.
const KERNEL: &str = "SHORTCOPY_KERNEL";
/// For how long a machine may run here. Each test needs a fraction of it.
const LIMIT: Duration = Duration::from_secs(120);

/// The kernel to boot; without one, or without qemu, the test is skipped.
fn kernel() -> Option<Kernel> {
    let is_missing = |it: &MachineError| matches!(it, MachineError::NoQemu | MachineError::Processor).then_some("qemu");
    needs::or_skip(Machine::check(), is_missing)?;
    if let Some(path) = std::env::var_os(KERNEL) {
        return Some(Kernel::at(Path::new(&path)).expect("a kernel"));
    }
    let newest = Cache::of_user().and_then(|it| it.kernels().into_iter().rfind(|it| it.modules.is_some()));
    if newest.is_none() {
        let why = format!("no kernel was fetched, as `shortcopy kernels fetch 6.1` does, and {KERNEL} names none");
        needs::skip("kernel", &why);
    }
    newest
}

/// Starts a machine that runs these lines of a shell, one after the other.
fn start(kernel: &Kernel, lines: &[&str]) -> VirtualMachine {
    let shortcopy = assert_cmd::cargo::cargo_bin!("shortcopy");
    let programs = Programs::new(shortcopy, &["sh", "seq", "sleep"]).expect("programs");
    assert!(programs.missing.is_empty(), "{:?}", programs.missing);
    let words = |line: &&str| ["/usr/sbin/sh", "-c", line].map(str::to_owned).to_vec();
    let job = Job { modules: Vec::new(), commands: lines.iter().map(words).collect() };
    let job = initramfs::of_job(&job, &[]);
    let archives = [programs.archive.as_slice(), &job];
    let (init_arguments, accelerator) = (&["kernels-guest"][..], Accelerator::Tcg);
    Machine { kernel, archives: &archives, init_arguments, accelerator }.start().expect("a machine")
}

fn wait(machine: VirtualMachine, limit: Duration) -> Ended {
    machine.wait(limit, &AtomicBool::new(false), |_| ()).expect("it can be listened to")
}

/// Whether there is such a process, and it is no corpse.
fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let number = Pid::from_raw(process as i32).expect("a process");
    test_kill_process(number).is_ok() && !stat.contains(") Z ")
}

#[test]
fn what_a_guest_prints_is_whole_and_in_order() {
    let Some(kernel) = kernel() else { return };
    let ended = wait(start(&kernel, &["seq 1 40000", "echo oops >&2; exit 3", "kill -9 $$"]), LIMIT);
    assert_eq!(ended.how, How::Finished, "{}", ended.console);
    let outputs = &ended.results.outputs;
    assert_eq!(ended.results.hello.as_deref(), Some(kernel.version.as_str()));
    let counted: String = (1..=40_000).map(|it| format!("{it}\n")).collect();
    assert!(outputs[0].out == counted.as_bytes(), "{} bytes of {}", outputs[0].out.len(), counted.len());
    assert_eq!((outputs[1].err.as_slice(), outputs[1].status), (&b"oops\n"[..], Some(Status::Exit(3))));
    assert_eq!(outputs[2].status, Some(Status::Signal(9)));
}

#[test]
fn one_that_hangs_is_ended_and_what_it_told_before_is_known() {
    let Some(kernel) = kernel() else { return };
    let machine = start(&kernel, &["echo before; sleep 100000"]);
    let process = machine.process();
    let ended = wait(machine, Duration::from_secs(30));
    assert_eq!(ended.how, How::Hung, "{}", ended.console);
    assert_eq!((ended.results.outputs[0].out.as_slice(), ended.results.outputs[0].status), (&b"before\n"[..], None));
    assert!(!runs(process));
}

#[test]
fn one_whose_kernel_panics_has_died_and_its_console_says_why() {
    let Some(kernel) = kernel() else { return };
    let ended = wait(start(&kernel, &["echo before; sleep 1; echo c > /proc/sysrq-trigger", "echo never"]), LIMIT);
    assert_eq!(ended.how, How::Died, "{}", ended.console);
    assert_eq!(ended.results.outputs.len(), 1);
    assert!(ended.console.contains("Kernel panic"), "{}", ended.console);
}

#[test]
fn one_that_somebody_kills_says_so_and_one_that_is_dropped_is_gone() {
    let Some(kernel) = kernel() else { return };
    let machine = start(&kernel, &["sleep 100000"]);
    let process = machine.process();
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        kill_process(Pid::from_raw(process as i32).expect("a process"), Signal::KILL).expect("a signal");
    });
    assert_eq!(wait(machine, LIMIT).how, How::Killed(9));
    killer.join().expect("it was killed");
    let machine = start(&kernel, &[]);
    let process = machine.process();
    assert!(runs(process));
    drop(machine);
    assert!(!runs(process));
}

#[test]
fn an_image_that_does_not_boot_is_told_from_one_that_hangs() {
    let Some(kernel) = kernel() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let image = folder.path().join("vmlinuz");
    // Its header is right, and nothing after it is.
    let mut bytes = fs::read(&kernel.image).expect("an image");
    bytes[0x8000..].fill(0xff);
    fs::write(&image, bytes).expect("it is written");
    let broken = Kernel::at(&image).expect("it looks like one");
    let ended = wait(start(&broken, &["echo never"]), Duration::from_secs(30));
    assert!(matches!(ended.how, How::DidNotBoot(_)), "{:?}", ended.how);
}

/// A case of one page and a write by task `w`.
fn case(folder: &Path, name: &str, memory: &str, write: &str, expect: &str) -> PathBuf {
    let path = folder.join(name);
    let text = format!(
        "shortcopy case 1\ngeometry page 64 block 64\nfs block write-begin-trims\nfile a size 64 disk 0..64 cached -\n\
         memory m pages 1 resident {memory}\ntask w write a {write}\nexpect host {expect}\n"
    );
    fs::write(&path, text).expect("a case");
    path
}

#[test]
fn cases_on_two_filesystems_say_what_is_known_of_the_kernel() {
    let Some(kernel) = kernel() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    // A write past the end whose source cannot be read, and one that is right everywhere.
    let size = case(folder.path(), "size.case", "- none 0", "160 [m 0..64]", "SIZE");
    let plain = case(folder.path(), "plain.case", "0", "0 [m 0..64]", "silent");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(["kernels", "--fs", "tmpfs", "--fs", "ext4", "--times", "3", "--json", "--kernel"]);
    command.arg(&kernel.image).args([&plain, &size]).current_dir(folder.path());
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<Value> = lines.lines().map(|it| serde_json::from_str(it).expect("an object")).collect();
    let summary = lines.pop().unwrap_or_default();
    assert_eq!(summary["event"], "summary", "{errors}");
    assert_eq!(lines.len(), 4, "{errors}");
    let is_from = |version: &str| kernel.version >= version.parse().expect("a version");
    let has_it = is_from("6.16");
    for line in &lines {
        // mkfs or loop devices may be missing, or system calls on old kernels; then there is a reason.
        if line["outcome"] == "cannot-run" {
            assert!((line["fs"] == "ext4" || !is_from("5.18")) && !line["why"][0].is_null(), "{line}");
            continue;
        }
        let is_size = line["case"] == size.display().to_string();
        assert_eq!(line["outcome"], if is_size && has_it { "shown" } else { "not-shown" }, "{line}");
    }
    assert_eq!(output.status.code(), Some(if has_it { 0 } else { 3 }), "{errors}");
}
