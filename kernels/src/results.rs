//! What a guest tells through its second serial port: frames, each with its length, so that the host knows where each
//! begins and what was cut off.
//!
//! `shortcopy KIND NUMBER LENGTH`, a line end, so many bytes, a line end. A guest begins with `hello`; `note` is for
//! people; `out` and `err` are pieces of what the command of this number prints, as it prints them; `end` says how it
//! ended; `done` is the last.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::str;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello,
    Note,
    Out,
    Err,
    End,
    Done,
}

const WORDS: [(Kind, &str); 6] = [
    (Kind::Hello, "hello"),
    (Kind::Note, "note"),
    (Kind::Out, "out"),
    (Kind::Err, "err"),
    (Kind::End, "end"),
    (Kind::Done, "done"),
];

/// Writes one frame.
pub(crate) fn write(to: &mut impl Write, kind: Kind, number: usize, content: &[u8]) -> io::Result<()> {
    let word = WORDS.iter().find(|(it, _)| *it == kind).map_or("note", |(_, word)| word);
    let mut frame = format!("shortcopy {word} {number} {}\n", content.len()).into_bytes();
    frame.extend_from_slice(content);
    frame.push(b'\n');
    to.write_all(&frame)
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this number.
    Exit(i32),
    /// By a signal.
    Signal(i32),
}

impl Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(formatter, "exit {code}"),
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
        }
    }
}

/// How a command ended, and how much it printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub status: Status,
    pub out: usize,
    pub err: usize,
}

impl End {
    pub fn print(self) -> String {
        format!("{} {} {}", self.status, self.out, self.err)
    }

    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let [kind, number, out, err] = words[..] else { return None };
        let number = number.parse().ok()?;
        let status = match kind {
            "exit" => Status::Exit(number),
            "signal" => Status::Signal(number),
            _ => return None,
        };
        Some(Self { status, out: out.parse().ok()?, err: err.parse().ok()? })
    }
}

/// What one command printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// To its standard output.
    pub out: Vec<u8>,
    /// To its standard error.
    pub err: Vec<u8>,
    /// How it ended; `None` if that was not told.
    pub status: Option<Status>,
}

/// What a guest has told so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The kernel, as it calls itself; `None` if process 1 was not reached.
    pub hello: Option<String>,
    /// What could not be done.
    pub notes: Vec<String>,
    /// Of each command that was begun.
    pub outputs: Vec<Output>,
    /// Whether the guest has told all that it had to.
    pub done: bool,
    /// What is wrong with what it told, if anything is.
    pub broken: Option<String>,
}

impl Results {
    /// Reads what was told. What is cut off at the end is left out, and `done` is missing then.
    #[must_use]
    pub fn read(told: &[u8]) -> Self {
        let mut results = Self::default();
        let mut rest = told;
        while !rest.is_empty() && !results.done {
            match next(rest) {
                Ok(Some((frame, after))) => {
                    if let Err(why) = results.take(&frame) {
                        results.broken = Some(why);
                        break;
                    }
                    rest = after;
                }
                Ok(None) => break,
                Err(why) => {
                    results.broken = Some(why);
                    break;
                }
            }
        }
        results
    }

    fn take(&mut self, frame: &Frame<'_>) -> Result<(), String> {
        let text = || String::from_utf8_lossy(frame.content).into_owned();
        match frame.kind {
            Kind::Hello => self.hello = Some(text()),
            Kind::Note => self.notes.push(text()),
            Kind::Done => self.done = true,
            Kind::Out => self.output(frame.number)?.out.extend_from_slice(frame.content),
            Kind::Err => self.output(frame.number)?.err.extend_from_slice(frame.content),
            Kind::End => {
                let end = End::parse(&text()).ok_or_else(|| format!("no end of a command: {}", text()))?;
                let output = self.output(frame.number)?;
                let here = (output.out.len(), output.err.len());
                if here != (end.out, end.err) {
                    return Err(format!("of command {} are {here:?} bytes here, and it printed {end:?}", frame.number));
                }
                output.status = Some(end.status);
            }
        }
        Ok(())
    }

    /// The output of a command: of the last one that was begun, or of the one after it.
    fn output(&mut self, number: usize) -> Result<&mut Output, String> {
        if number == self.outputs.len() {
            self.outputs.push(Output::default());
        }
        let count = self.outputs.len();
        if number + 1 != count {
            return Err(format!("command {number} after command {count}"));
        }
        Ok(&mut self.outputs[number])
    }
}

struct Frame<'t> {
    kind: Kind,
    number: usize,
    content: &'t [u8],
}

/// The longest line that begins a frame.
const LONGEST: usize = 64;

/// The next frame and what follows it; nothing if it is not whole.
fn next(told: &[u8]) -> Result<Option<(Frame<'_>, &[u8])>, String> {
    let Some(end) = told.iter().position(|it| *it == b'\n') else {
        return if told.len() > LONGEST { Err(unreadable(told)) } else { Ok(None) };
    };
    let line = str::from_utf8(&told[..end]).map_err(|_| unreadable(told))?;
    let words: Vec<&str> = line.split(' ').collect();
    let ["shortcopy", word, number, length] = words[..] else { return Err(unreadable(told)) };
    let kind = WORDS.iter().find(|(_, it)| *it == word).map(|(kind, _)| *kind);
    let (Some(kind), Ok(number), Ok(length)) = (kind, number.parse(), length.parse::<usize>()) else {
        return Err(unreadable(told));
    };
    let rest = &told[end + 1..];
    let Some(last) = rest.get(length) else { return Ok(None) };
    if *last != b'\n' {
        return Err(format!("`{line}` does not end where it says"));
    }
    Ok(Some((Frame { kind, number, content: &rest[..length] }, &rest[length + 1..])))
}

fn unreadable(told: &[u8]) -> String {
    format!("no frame begins with `{}`", String::from_utf8_lossy(&told[..told.len().min(LONGEST)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Vec<u8> {
        let mut told = Vec::new();
        let mut put = |kind, number, content: &str| write(&mut told, kind, number, content.as_bytes()).expect("memory");
        put(Kind::Hello, 0, "6.1.0");
        put(Kind::Note, 0, "module xfs: ENOENT");
        put(Kind::Out, 0, "{\"case\"");
        put(Kind::Err, 0, "slow\nand shortcopy done 0 0\n");
        put(Kind::Out, 0, ":1}\n");
        put(Kind::End, 0, &End { status: Status::Exit(1), out: 11, err: 28 }.print());
        put(Kind::End, 1, &End { status: Status::Signal(9), out: 0, err: 0 }.print());
        put(Kind::Done, 0, "");
        told
    }

    #[test]
    fn what_was_written_is_read() {
        let results = Results::read(&told());
        assert_eq!(results.hello.as_deref(), Some("6.1.0"));
        assert_eq!(results.notes, ["module xfs: ENOENT"]);
        assert_eq!(results.outputs[0].out, b"{\"case\":1}\n");
        assert_eq!(results.outputs[0].status, Some(Status::Exit(1)));
        assert_eq!(results.outputs[1].status, Some(Status::Signal(9)));
        assert!(results.done && results.broken.is_none(), "{results:?}");
    }

    #[test]
    fn what_is_cut_off_anywhere_is_not_done_and_not_broken() {
        let told = told();
        let whole = Results::read(&told);
        for end in 0..told.len() {
            let results = Results::read(&told[..end]);
            assert!(!results.done && results.broken.is_none(), "at {end}: {results:?}");
            let ended = results.outputs.iter().filter(|it| it.status.is_some());
            assert!(ended.zip(&whole.outputs).all(|(here, there)| here == there), "at {end}");
        }
    }

    #[test]
    fn a_lost_byte_is_noticed() {
        let told = told();
        for lost in 0..told.len() - 1 {
            let rest = [&told[..lost], &told[lost + 1..]].concat();
            let results = Results::read(&rest);
            let same_length = results.done && results.broken.is_none();
            assert!(!same_length, "without byte {lost}: {results:?}");
        }
    }
}
