//! What several strategies share: loops around a chunk, and the steps of a series of patches.

pub(crate) mod get_user_pages;
pub(crate) mod idea;
pub(crate) mod iomap;
pub(crate) mod perform_write;
pub(crate) mod series;
pub(crate) mod temporary_page;
pub(crate) mod unpaging;
