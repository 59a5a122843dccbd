//! `shortcopy kernels fetch` and `list`: brings kernels into the cache, and says which there are.

use super::chosen::{Candidate, Kernels};
use crate::cli::EXIT_CODES;
use crate::cli::failure::{Ending, Failure};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::output::{say, say_json};
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use kernels::{Kernel, Version};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

const FETCH_EXAMPLES: &str = "\
Examples:
  shortcopy kernels fetch 6.1                        the newest 6.1
  shortcopy kernels fetch 5.10..7.3                  the newest of each stable line between, and both ends
  shortcopy kernels fetch 6.12.43..6.12.90           all of one line

A kernel that is here is not fetched again. `rm -r` removes it: each is a folder of the cache.";

/// Fetches kernels into the user's cache, from Debian's archive, and unpacks them there.
#[derive(Args, Debug)]
#[command(after_help = format!("{FETCH_EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct FetchArguments {
    /// A version, the beginning of one, or a range
    #[arg(required = true, value_name = "VERSION|A..B")]
    versions: Vec<String>,
    /// One JSON object a line: each kernel, and where it is
    #[arg(long)]
    json: bool,
}

/// Fetches.
pub fn fetch(arguments: &FetchArguments) -> Result<Ending, Failure> {
    let kernels = Kernels::of_user()?;
    // Ctrl-C ends apt too, and what was begun is removed.
    let stop = stop_on_interrupt(None)?;
    for candidate in kernels.meant(&arguments.versions, false)? {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let kernel = kernels.kernel(&candidate)?;
        if arguments.json {
            say_json(&json!({ "kernel": kernel.version.as_str(), "image": kernel.image, "modules": kernel.modules }));
        } else {
            say(format!("{}: {}", kernel.version, kernel.image.display()));
        }
    }
    Ok(Ending::AsExpected)
}

const LIST_EXAMPLES: &str = "\
Examples:
  shortcopy kernels list                             all, the newest last
  shortcopy kernels list --here                      those that need not be fetched; asks nobody
  shortcopy kernels list --update                    after fetching the lists of packages anew";

/// Lists the kernels of the cache, and those of Debian's archive that can be fetched.
#[derive(Args, Debug)]
#[command(after_help = format!("{LIST_EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct ListArguments {
    /// Only those in the cache
    #[arg(long, conflicts_with = "update")]
    here: bool,
    /// Fetch the lists of packages, even if they are less than a day old
    #[arg(long)]
    update: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Lists.
pub fn list(arguments: &ListArguments) -> Result<Ending, Failure> {
    let kernels = Kernels::of_user()?;
    let mut all: BTreeMap<Version, Candidate> = BTreeMap::new();
    if !arguments.here {
        let there = kernels.archive(arguments.update)?.available();
        all.extend(there.iter().map(|it| (it.version.clone(), Candidate::There(it.clone()))));
    }
    all.extend(kernels.cache().kernels().into_iter().map(|it| (it.version.clone(), Candidate::Here(it))));
    if arguments.json {
        all.values().for_each(|it| say_json(&object(it)));
        return Ok(Ending::AsExpected);
    }
    if all.is_empty() {
        return Err(Failure::words("there is no kernel here", "shortcopy kernels list"));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["kernel", "release", "where", ""]);
    for (version, candidate) in &all {
        let (place, remark) = words(candidate);
        table.add_row([version.to_string(), version.release(), place, remark.to_owned()]);
    }
    say(table.trim_fmt());
    Ok(Ending::AsExpected)
}

/// Where a kernel is, and what is missing of it.
fn words(candidate: &Candidate) -> (String, &'static str) {
    let remark = |complete: bool| if complete { "" } else { "no modules: tmpfs, ramfs and perhaps fuse only" };
    match candidate {
        Candidate::Here(Kernel { modules, .. }) => ("here".to_owned(), remark(modules.is_some())),
        Candidate::There(it) => (format!("{} MB", it.size.div_ceil(1_000_000)), remark(it.has_modules)),
    }
}

fn object(candidate: &Candidate) -> serde_json::Value {
    let version = candidate.version();
    let (here, size, modules) = match candidate {
        Candidate::Here(kernel) => (Some(&kernel.image), None, kernel.modules.is_some()),
        Candidate::There(it) => (None, Some(it.size), it.has_modules),
    };
    json!({
        "kernel": version.as_str(), "release": version.release(), "image": here, "size": size, "has_modules": modules,
    })
}
