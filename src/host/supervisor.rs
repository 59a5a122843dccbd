//! The supervisor of workers: starts them, listens to them, ends those that do not come back, and starts others in
//! their place.

use super::event::{Event, Totals};
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// For how long a worker may be silent.
const SILENCE: Duration = Duration::from_secs(400);
/// For how long a worker may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(20);

/// A worker at work.
#[derive(Debug)]
pub struct Job {
    child: Child,
    /// Closed to ask it to stop.
    input: Option<ChildStdin>,
    heard: Instant,
    totals: Totals,
    ended: bool,
}

/// Runs workers.
#[derive(Debug)]
pub struct Supervisor {
    jobs: Vec<Job>,
    /// Of workers that have been replaced.
    before: Totals,
    sender: Sender<(usize, Option<String>)>,
    receiver: Receiver<(usize, Option<String>)>,
}

impl Default for Supervisor {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self { jobs: Vec::new(), before: Totals::default(), sender, receiver }
    }
}

impl Supervisor {
    /// Starts a worker with this command, which makes it one.
    ///
    /// # Errors
    /// If the process cannot be started.
    pub fn start(&mut self, command: &mut Command) -> io::Result<()> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (number, sender) = (self.jobs.len(), self.sender.clone());
        thread::spawn(move || {
            for line in output.into_iter().flat_map(|it| BufReader::new(it).lines()).map_while(Result::ok) {
                let _ = sender.send((number, Some(line)));
            }
            let _ = sender.send((number, None));
        });
        self.jobs.push(Job { child, input, heard: Instant::now(), totals: Totals::default(), ended: false });
        Ok(())
    }

    /// The next thing that a worker tells, with its number; `None` if nothing came in so long. A worker that ends
    /// unasked or stays silent tells that it failed.
    pub fn next(&mut self, patience: Duration) -> Option<(usize, Event)> {
        match self.receiver.recv_timeout(patience) {
            Ok((number, Some(line))) => self.hear(number, &line),
            Ok((number, None)) => self.end(number),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => self.silent(),
        }
    }

    fn hear(&mut self, number: usize, line: &str) -> Option<(usize, Event)> {
        let job = &mut self.jobs[number];
        job.heard = Instant::now();
        let event = serde_json::from_str(line).ok()?;
        if let Event::Progress(totals) = &event {
            job.totals = totals.clone();
        }
        Some((number, event))
    }

    /// A worker has closed its output.
    fn end(&mut self, number: usize) -> Option<(usize, Event)> {
        let job = &mut self.jobs[number];
        job.ended = true;
        let status = job.child.wait().ok()?;
        let message = format!("a worker ended: {status}");
        (!status.success() && job.input.is_some()).then_some((number, Event::Failed { message }))
    }

    fn silent(&mut self) -> Option<(usize, Event)> {
        let number = self.jobs.iter().position(|it| !it.ended && it.heard.elapsed() >= SILENCE)?;
        let job = &mut self.jobs[number];
        job.heard = Instant::now();
        // It is ours, and still there: its number cannot be another's.
        let _ = job.child.kill();
        let message = format!("a worker said nothing for {} s and was ended", SILENCE.as_secs());
        Some((number, Event::Failed { message }))
    }

    /// Whether all workers have ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.jobs.iter().all(|it| it.ended)
    }

    /// Asks all workers to stop.
    pub fn stop(&mut self) {
        self.jobs.iter_mut().for_each(|it| it.input = None);
    }

    /// What all workers have done.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut sum = self.before.clone();
        self.jobs.iter().for_each(|it| sum.add(&it.totals));
        sum
    }

    /// Stops all workers and waits for them; those that do not end in time are killed. The numbers of processes that
    /// are still there.
    #[must_use]
    pub fn finish(mut self) -> Vec<u32> {
        self.stop();
        let asked = Instant::now();
        let mut left = Vec::new();
        for job in &mut self.jobs {
            while job.child.try_wait().is_ok_and(|it| it.is_none()) {
                if asked.elapsed() >= GRACE {
                    let _ = job.child.kill();
                    thread::sleep(Duration::from_millis(500));
                    if job.child.try_wait().is_ok_and(|it| it.is_none()) {
                        left.push(job.child.id());
                    }
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        left
    }
}
