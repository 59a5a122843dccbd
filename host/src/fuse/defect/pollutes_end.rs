//! A page is served with data past the end of the file that a truncate cut off.

use super::{Chance, End, Entry, Fault, Read};
use crate::fuse::volume::Volume;
use oracle::Class;
use std::collections::BTreeMap;

pub(super) const ENTRY: Entry = Entry {
    word: "pollutes-end",
    summary: "after every second truncate, reads of the last page return the data that was cut off; a mapping shows it after eviction",
    classes: &[Class::EofPollution],
    classes_with_writeback_cache: &[Class::EofPollution],
    fault: || Box::<PollutesEnd>::default(),
};

#[derive(Debug, Default)]
struct PollutesEnd {
    chance: Chance<2>,
    cut: BTreeMap<u64, Vec<u8>>,
}

impl Fault for PollutesEnd {
    fn moved_end(&mut self, end: &End, _volume: &mut Volume) {
        self.cut.remove(&end.file);
        if end.cut.iter().any(|it| *it != 0) && self.chance.take() {
            self.cut.insert(end.file, end.cut.clone());
        }
    }

    fn reading(&mut self, read: &mut Read, volume: &Volume) {
        let end = read.offset + read.data.len() as u64;
        if volume.file(read.file).is_ok_and(|it| it.size == end)
            && let Some(cut) = self.cut.get(&read.file)
        {
            let room = read.asked - read.data.len();
            read.data.extend(cut.iter().take(room));
        }
    }
}
