//! A filesystem of our own on this kernel: its disk is filled with markers, it is made and mounted, and it goes away
//! whatever happens to the process.
//!
//! ```no_run
//! # fn main() -> Result<(), host::mount::MountError> {
//! use host::mount::{Kind, Request, enter_private_namespace};
//! enter_private_namespace()?; // once, before there are threads
//! let mounted = Request::new(Kind::Ext4).with_block_size(1024).mount()?;
//! println!("{}: {}", mounted.path().display(), mounted.describe());
//! mounted.unmount()?;
//! # Ok(())
//! # }
//! ```
//!
//! Even SIGKILL leaves nothing behind: the image is a file without a name, its loop device detaches when nobody has it
//! open, and the mount is in a namespace that ends with its last process.
mod block_size;
mod error;
mod image;
mod kind;
mod mkfs;
mod mounted;
mod mountinfo;
mod namespace;
pub(crate) mod options;
mod point;
mod request;
pub(crate) mod system;

pub use block_size::block_size_of;
pub use error::MountError;
pub use image::Image;
pub use kind::{About, Disk, Kind, Making};
pub use mounted::{Mounted, Unmount};
pub use mountinfo::{filesystem_of, mount_of};
pub use namespace::enter_private_namespace;
pub(crate) use namespace::leave_mounts;
pub(crate) use point::MountPoint;
pub use request::Request;
