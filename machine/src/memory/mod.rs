//! Memory: page frames, address spaces, page faults, and the copies between user memory and pages.

mod fault;
mod frames;
mod get_user_pages;
mod iov;
mod unpaging;
mod user_copy;
mod vma;

pub use fault::Access;
pub(crate) use fault::BadAccess;
pub use frames::PageId;
pub(crate) use frames::{Buffers, Frames, Page};
pub use iov::{Address, Iov};
pub(crate) use unpaging::UNPAGING_LOCKS;
pub use unpaging::Unmapping;
pub(crate) use vma::{NO_PAGE, Vma};
