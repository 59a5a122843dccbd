//! The system calls that Rust cannot check: `unshare`, the ioctls of loop devices, and the shutdown ioctl of
//! filesystems.
#![allow(unsafe_code, reason = "the argument of an ioctl depends on its number, which the compiler cannot check")]

use linux_raw_sys::ioctl::EXT4_IOC_SHUTDOWN;
use linux_raw_sys::loop_device::{LO_FLAGS_AUTOCLEAR, LOOP_CONFIGURE, LOOP_CTL_GET_FREE, loop_config, loop_info64};
use rustix::io::Result;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, Setter, ioctl};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::ffi::c_void;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr;

/// `LOOP_CTL_GET_FREE`: its result is what the call returns.
struct FreeLoopDevice;

// SAFETY: the ioctl takes no argument and writes no memory; what it returns is the output.
unsafe impl Ioctl for FreeLoopDevice {
    type Output = u32;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        LOOP_CTL_GET_FREE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::null_mut()
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> Result<u32> {
        Ok(output.cast_unsigned())
    }
}

/// The number of a loop device that is free, or was a moment ago.
pub fn free_loop_device(control: &File) -> Result<u32> {
    // SAFETY: `FreeLoopDevice` describes the ioctl as the kernel has it.
    unsafe { ioctl(control, FreeLoopDevice) }
}

/// Puts a file under a loop device, which detaches it when the last user closes the device.
pub fn configure_loop_device(device: &File, image: &File) -> Result<()> {
    let info = loop_info64 {
        lo_device: 0,
        lo_inode: 0,
        lo_rdevice: 0,
        lo_offset: 0,
        lo_sizelimit: 0,
        lo_number: 0,
        lo_encrypt_type: 0,
        lo_encrypt_key_size: 0,
        lo_flags: LO_FLAGS_AUTOCLEAR as u32,
        lo_file_name: [0; 64],
        lo_crypt_name: [0; 64],
        lo_encrypt_key: [0; 32],
        lo_init: [0; 2],
    };
    let config = loop_config { fd: image.as_raw_fd().cast_unsigned(), block_size: 512, info, __reserved: [0; 8] };
    // SAFETY: the ioctl reads one `loop_config`; the descriptor in it is open during the call, and the kernel then has
    // its own reference.
    unsafe { ioctl(device, Setter::<LOOP_CONFIGURE, loop_config>::new(config)) }
}

/// Shuts a filesystem down at once, as a crash would: nothing more reaches the disk, not even the log.
pub fn shut_down(root: &File) -> Result<()> {
    /// `EXT4_GOING_FLAGS_NOLOGFLUSH` and `XFS_FSOP_GOING_FLAGS_NOLOGFLUSH`: the filesystems agree on ioctl and flag.
    const NO_LOG_FLUSH: u32 = 2;
    // SAFETY: the ioctl reads one u32.
    unsafe { ioctl(root, Setter::<EXT4_IOC_SHUTDOWN, u32>::new(NO_LOG_FLUSH)) }
}

/// Gives the calling thread mounts of its own.
pub fn unshare_mounts() -> Result<()> {
    // SAFETY: only `UnshareFlags::FILES` makes this call unsafe.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS) }
}
