//! Locks as tasks take them: another task can run before, and for as long as a lock cannot be had.

use super::Kernel;
use crate::names::{LockKey, Mode, PageFlag, PageId, Site};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

impl Kernel<'_> {
    /// Takes a lock; another task can run before, and for as long as it cannot be had.
    pub(crate) fn lock(&self, key: LockKey, mode: Mode, site: Site) -> impl Future<Output = ()> + '_ {
        Acquire { kernel: self, key, mode, site, phase: Phase::Before }
    }

    pub(crate) fn release(&self, key: LockKey) {
        self.with(|s| s.release(key));
    }

    /// `lock_page`.
    pub fn lock_page(&self, page: PageId, site: Site) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Page(page), Mode::Exclusive, site)
    }

    /// `unlock_page`.
    pub fn unlock_page(&self, page: PageId) {
        self.release(LockKey::Page(page));
    }

    /// `wait_on_page_locked`.
    pub fn wait_on_page_locked(&self, page: PageId, site: Site) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Page(page), Mode::Wait, site)
    }

    /// Locks a page for what keeps away from a page that says so: if it does, waits for that first.
    pub(crate) async fn lock_page_unless_kept(&self, page: PageId, site: Site) {
        loop {
            self.lock_page(page, site).await;
            if !self.with(|s| s.page(page).has(PageFlag::KeepAway)) {
                return;
            }
            self.unlock_page(page);
            self.lock(LockKey::KeepAway(page), Mode::Wait, site).await;
        }
    }

    /// From here on truncate and `readpage` keep away from the page, also while it is not locked.
    pub async fn keep_away(&self, page: PageId) {
        self.lock(LockKey::KeepAway(page), Mode::Exclusive, Site::KeepAway).await;
    }

    /// They need not any more.
    pub fn stop_keeping_away(&self, page: PageId) {
        self.release(LockKey::KeepAway(page));
    }

    pub(crate) fn wait_on_writeback(&self, page: PageId) -> impl Future<Output = ()> + '_ {
        self.lock(LockKey::Writeback(page), Mode::Wait, Site::WaitForDisk)
    }
}

enum Phase {
    Before,
    Trying,
    Queued,
}

struct Acquire<'k, 'r> {
    kernel: &'k Kernel<'r>,
    key: LockKey,
    mode: Mode,
    site: Site,
    phase: Phase,
}

impl Future for Acquire<'_, '_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let (key, mode, site) = (self.key, self.mode, self.site);
        let kernel = self.kernel;
        let quiet = kernel.is_quiet();
        kernel.with_turns(|s, turns| {
            if matches!(self.phase, Phase::Before) && !quiet && !turns.goes_on(s) {
                self.phase = Phase::Trying;
                return Poll::Pending;
            }
            if !matches!(self.phase, Phase::Queued) {
                while quiet && !s.can_lock(key, mode, site) {
                    if !s.complete_oldest_request() {
                        s.oops("a lock was never given back");
                        return Poll::Pending;
                    }
                }
                if s.try_lock(key, mode, site) {
                    return Poll::Ready(());
                }
                s.queue_for(key, mode, site);
                self.phase = Phase::Queued;
                if !turns.goes_on(s) {
                    return Poll::Pending;
                }
            }
            s.take_queued();
            Poll::Ready(())
        })
    }
}
