//! Linux kernels in small virtual machines.
//!
//! A [`Kernel`] is an image with its modules: a file of one's own, or one that [`fetch`] brought into the [`Cache`].
//! [`initramfs`] makes the archive that it finds at its start: the program that calls this crate as process 1, the
//! modules, and a [`Job`]. A [`VirtualMachine`] boots it, and the [`Results`] are what the guest has told.

pub mod accelerator;
mod cache;
mod compressed;
pub mod fetch;
pub mod guest;
pub mod initramfs;
mod job;
mod kernel;
mod modules;
mod results;
mod version;
mod virtual_machine;

pub use cache::Cache;
pub use job::Job;
pub use kernel::{Kernel, KernelError};
pub use modules::{Module, ModuleError, Modules};
pub use results::{Output, Results, Status};
pub use version::{Version, Wanted};
pub use virtual_machine::{Ended, How, Machine, MachineError, PACKAGE, VirtualMachine};
