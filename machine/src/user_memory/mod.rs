//! User memory as the kernel reaches for it: page faults, `get_user_pages`, and copies from user memory.

mod fault;
mod get_user_pages;
mod user_copy;
