//! The names of what happens to the machine: pages and their flags, locks, and the places where locks are taken.

mod lock_key;
mod lock_site;
mod page;

pub use lock_key::{LockKey, Mode};
pub use lock_site::Site;
pub use page::{BlockFlag, ExtentState, PageFlag, PageId};
