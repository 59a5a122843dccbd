//! Tests of the wait-for graph, on locks that are taken and waited for by hand: no schedule has to be found that leads
//! there.

use crate::lock::Locks;
use crate::names::{LockKey, Mode, PageId, Site};
use oracle::{Deadlock, FileId, Notation, Owner, Stop, TaskId};

const FILE: FileId = FileId(0);
const INODE: LockKey = LockKey::Inode(FILE);
const MMAP_SEM: LockKey = LockKey::MmapSem(0);

/// Four tasks that do nothing by themselves, a file whose first three pages are cached, and two slots for `kmap`.
fn machine() -> Locks {
    let mut s = Locks::new();
    s.unfinished = 0b1111;
    s.options.kmap_slots = Some(2);
    for index in 0..3 {
        let page = PageId(index);
        s.make_room_for(page, Owner::File(FILE));
        s.page_mut(page).mapping = Some((FILE, u32::from(index)));
        s.free_page_lock(page);
    }
    s
}

/// The lock of a page of the file.
const fn page(index: u16) -> LockKey {
    LockKey::Page(PageId(index))
}

fn takes(s: &mut Locks, task: u8, key: LockKey, mode: Mode, site: Site) {
    s.current = task;
    s.clock += 1;
    assert!(s.try_lock(key, mode, site), "task {task} cannot have {key:?}");
}

/// The task waits; what is reported, if this closes a cycle.
fn waits(s: &mut Locks, task: u8, key: LockKey, mode: Mode, site: Site) -> Option<Deadlock> {
    s.current = task;
    s.clock += 1;
    assert!(!s.can_lock(key, mode, site), "task {task} can have {key:?} at once");
    s.queue_for(key, mode, site);
    match s.history.stop.clone() {
        Some(Stop::Deadlock(deadlock)) => Some(deadlock),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn tasks(deadlock: &Deadlock) -> Vec<u8> {
    deadlock.cycle.iter().map(|link| link.task.0).collect()
}

#[test]
fn a_slot_for_kmap_can_come_from_whoever_has_one() {
    let mut s = machine();
    let lock = page(0);
    takes(&mut s, 0, LockKey::Kmap, Mode::Exclusive, Site::Kmap);
    takes(&mut s, 1, LockKey::Kmap, Mode::Exclusive, Site::Kmap);
    takes(&mut s, 2, lock, Mode::Exclusive, Site::ReadPage);
    assert_eq!(waits(&mut s, 0, lock, Mode::Exclusive, Site::CopyNopage), None);
    assert_eq!(waits(&mut s, 2, LockKey::Kmap, Mode::Exclusive, Site::Kmap), None, "task 1 can give its slot back");
    let deadlock = waits(&mut s, 1, lock, Mode::Exclusive, Site::CopyNopage).expect("both slots are stuck now");
    assert!(tasks(&deadlock).contains(&2), "{deadlock:?}");
}

#[test]
fn readers_of_an_inode_hold_up_its_writer_and_not_each_other() {
    let reader_waits_for_a_page = || {
        let mut s = machine();
        let lock = page(0);
        takes(&mut s, 2, INODE, Mode::Shared, Site::InodeMutex);
        takes(&mut s, 0, lock, Mode::Exclusive, Site::GrabCachePage);
        assert_eq!(waits(&mut s, 2, lock, Mode::Exclusive, Site::ReadPage), None);
        s
    };
    let deadlock = waits(&mut reader_waits_for_a_page(), 0, INODE, Mode::Exclusive, Site::InodeMutex);
    assert_eq!(deadlock.map(|it| tasks(&it)), Some(vec![0, 2]));
    takes(&mut reader_waits_for_a_page(), 0, INODE, Mode::Shared, Site::InodeMutex);
}

#[test]
fn an_inode_that_somebody_has_alone_holds_up_readers() {
    let mut s = machine();
    let lock = page(0);
    takes(&mut s, 0, INODE, Mode::Exclusive, Site::InodeMutex);
    takes(&mut s, 2, lock, Mode::Exclusive, Site::ReadPage);
    assert_eq!(waits(&mut s, 0, lock, Mode::Exclusive, Site::GrabCachePage), None);
    assert!(waits(&mut s, 2, INODE, Mode::Shared, Site::InodeMutex).is_some());
}

#[test]
fn a_queued_writer_of_mmap_sem_holds_up_who_comes_later() {
    let mut s = machine();
    let lock = page(0);
    // A reader of mmap_sem waits for a page, whose holder wants to read as well: only a writer between them is in its
    // way.
    takes(&mut s, 2, MMAP_SEM, Mode::Shared, Site::CopyMmapSem);
    takes(&mut s, 0, lock, Mode::Exclusive, Site::GrabCachePage);
    assert_eq!(waits(&mut s, 1, MMAP_SEM, Mode::Exclusive, Site::MmapSemWrite), None);
    assert_eq!(waits(&mut s, 2, lock, Mode::Exclusive, Site::CopyNopage), None);
    let deadlock = waits(&mut s, 0, MMAP_SEM, Mode::Shared, Site::CopyMmapSem).expect("a deadlock of three");
    assert_eq!(tasks(&deadlock), [0, 1, 2]);
    assert_eq!(deadlock.cycle[1].taken_at, "queued for it as a writer");
    assert_eq!(deadlock.notation, Notation::Other);
}

#[test]
fn each_link_names_what_the_one_before_it_waits_for() {
    let mut s = machine();
    let locks = [0, 1, 2].map(page);
    let sites = [Site::GrabCachePage, Site::ReadPage, Site::TruncatePage];
    for task in 0..3 {
        takes(&mut s, task, locks[usize::from(task)], Mode::Exclusive, sites[usize::from(task)]);
    }
    // Each holds the lock of the page with its own number and waits for the next.
    assert_eq!(waits(&mut s, 1, locks[2], Mode::Exclusive, Site::CopyNopage), None);
    assert_eq!(waits(&mut s, 2, locks[0], Mode::Exclusive, Site::ReclaimPage), None);
    let deadlock = waits(&mut s, 0, locks[1], Mode::Exclusive, Site::WritebackPage).expect("a circle");
    assert_eq!(deadlock.step, s.clock);
    let told: Vec<_> = deadlock
        .cycle
        .iter()
        .map(|it| (it.task, &*it.holds, &*it.taken_at, it.taken_step, &*it.wants, &*it.waits_at))
        .collect();
    let (grab, read, truncate) = (Site::GrabCachePage.as_str(), Site::ReadPage.as_str(), Site::TruncatePage.as_str());
    let expected = [
        (TaskId(0), "PL(0:0)", grab, 1, "PL(0:1)", Site::WritebackPage.as_str()),
        (TaskId(1), "PL(0:1)", read, 2, "PL(0:2)", Site::CopyNopage.as_str()),
        (TaskId(2), "PL(0:2)", truncate, 3, "PL(0:0)", Site::ReclaimPage.as_str()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_three_cycles_of_the_thread_are_told_from_others() {
    let mut s = machine();
    let lock = page(0);
    takes(&mut s, 0, lock, Mode::Exclusive, Site::GrabCachePage);
    let deadlock = waits(&mut s, 0, lock, Mode::Exclusive, Site::CopyNopage).expect("its own lock");
    assert_eq!(deadlock.notation, Notation::SamePage);

    for (of_second, notation) in [(Site::CopyNopage, Notation::Crosswise), (Site::ReadPage, Notation::Other)] {
        let mut s = machine();
        let (first, second) = (page(0), page(1));
        takes(&mut s, 0, first, Mode::Exclusive, Site::GrabCachePage);
        takes(&mut s, 1, second, Mode::Exclusive, Site::GrabCachePage);
        assert_eq!(waits(&mut s, 0, second, Mode::Exclusive, Site::CopyNopage), None);
        let deadlock = waits(&mut s, 1, first, Mode::Exclusive, of_second).expect("crosswise");
        assert_eq!(deadlock.notation, notation);
    }

    let mut s = machine();
    let lock = page(0);
    takes(&mut s, 0, lock, Mode::Exclusive, Site::GrabCachePage);
    takes(&mut s, 1, MMAP_SEM, Mode::Exclusive, Site::MmapSemWrite);
    assert_eq!(waits(&mut s, 0, MMAP_SEM, Mode::Shared, Site::CopyMmapSem), None);
    let deadlock = waits(&mut s, 1, lock, Mode::Exclusive, Site::GetUserPagesNopage).expect("mmap_sem and the page");
    assert_eq!(deadlock.notation, Notation::MmapSem);
}

#[test]
fn a_page_lock_passes_to_the_disk_only_from_who_has_it() {
    let mut s = machine();
    let (key, id) = (page(0), PageId(0));
    takes(&mut s, 0, key, Mode::Exclusive, Site::ReadPage);
    s.hand_page_lock_to_disk(id);
    assert_eq!((&s.history.stop, s.holds(key)), (&None, false));
    assert!(!s.try_lock_page(id, Site::ReadPage), "the disk has it now");
    // The disk always completes: whoever waits for what it has is not stuck.
    assert_eq!(waits(&mut s, 1, key, Mode::Exclusive, Site::ReadPage), None);
    s.disk_unlocks_page(id);
    assert!(s.try_lock_page(id, Site::ReadPage));

    for locked_by in [None, Some(1)] {
        let mut s = machine();
        if let Some(other) = locked_by {
            takes(&mut s, other, key, Mode::Exclusive, Site::ReadPage);
        }
        s.current = 0;
        s.hand_page_lock_to_disk(id);
        let stop = s.history.stop.clone();
        let what = "started I/O on a page that it had not locked";
        assert!(matches!(stop, Some(Stop::Oops { what: it, .. }) if it == what), "{stop:?}");
        s.current = 1;
        assert_eq!(s.holds(key), locked_by.is_some(), "and it stays who has it");
    }
}
