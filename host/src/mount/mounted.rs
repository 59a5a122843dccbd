//! A filesystem that is mounted, for as long as its value lives.

use super::{Image, Kind, MountError, MountPoint, mountinfo, options};
use rustix::io::Errno;
use rustix::mount::{UnmountFlags, mount, unmount};
use std::ffi::CString;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long a mount may be in use before that is an error: a process that another thread has just started holds all our
/// files for a moment, until its `exec`.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(2);

/// How a filesystem that somebody else mounted is unmounted.
pub type Unmount = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// A filesystem of ours. Dropping it unmounts it and releases its loop device.
pub struct Mounted {
    kind: Kind,
    path: PathBuf,
    options: String,
    described: String,
    mount: Mount,
    // Dropped after the mount, in this order: the folder can be removed when nothing is mounted on it, and the device
    // detaches when nobody has it open.
    _point: Option<MountPoint>,
    image: Option<Image>,
}

/// What there is to unmount.
enum Mount {
    /// What we mounted, the uppermost last.
    Layers(Vec<Layer>),
    /// What somebody else mounted; `None` once it is unmounted.
    Adopted(Option<Unmount>),
}

impl Mounted {
    /// Mounts the filesystem on an image.
    pub(crate) fn image_of(kind: Kind, image: Image, options: &str) -> Result<Self, MountError> {
        let point = MountPoint::new()?;
        let device = image.device().to_string_lossy().into_owned();
        let layer = Layer::mount(kind.about().filesystem, &device, point.path(), options)?;
        let mut mounted = Self::of_layers(kind, point, vec![layer])?;
        let got = mountinfo::source(&mounted.described).unwrap_or_default();
        if got != device {
            return Err(MountError::OtherDevice { wanted: device, got: got.to_owned() });
        }
        mounted.image = Some(image);
        options.clone_into(&mut mounted.options);
        Ok(mounted)
    }

    /// What was mounted on a mount point or in it, the uppermost last.
    pub(super) fn of_layers(kind: Kind, point: MountPoint, layers: Vec<Layer>) -> Result<Self, MountError> {
        let path = layers.last().map_or_else(|| point.path().to_owned(), |layer| layer.path.clone());
        let described = describe(&path)?;
        Ok(Self {
            kind,
            path,
            options: String::new(),
            described,
            mount: Mount::Layers(layers),
            _point: Some(point),
            image: None,
        })
    }

    /// Takes over what somebody else has mounted, such as the server of a FUSE filesystem.
    ///
    /// # Errors
    /// If nothing is mounted at the path.
    pub fn adopt(kind: Kind, path: &Path, unmount: Unmount) -> Result<Self, MountError> {
        let described = describe(path)?;
        let mount = Mount::Adopted(Some(unmount));
        Ok(Self { kind, path: path.to_owned(), options: String::new(), described, mount, _point: None, image: None })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind it is of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its line of `/proc/self/mountinfo`: its options as the kernel has them.
    #[must_use]
    pub fn describe(&self) -> &str {
        &self.described
    }

    /// Its disk; `None` if it has none.
    #[must_use]
    pub const fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }

    /// Its root, opened.
    pub(crate) fn root(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Unmounts it.
    ///
    /// # Errors
    /// For example if it is in use; it is then unmounted when its last user is gone.
    pub fn unmount(mut self) -> Result<(), MountError> {
        self.mount.unmount(&self.path)
    }

    /// Unmounts it and mounts its disk again, with the same options.
    pub(crate) fn mount_again(mut self) -> Result<Self, MountError> {
        self.mount.unmount(&self.path)?;
        match self.image.take() {
            Some(image) => Self::image_of(self.kind, image, &self.options),
            None => Err(MountError::file("mounting again", io::Error::other("it has no disk"))),
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A caller that wants to know the error calls `unmount`. A mount that is in use goes away with its last user.
        let _ = self.mount.unmount(&self.path);
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted").field("kind", &self.kind).field("described", &self.described).finish_non_exhaustive()
    }
}

impl Mount {
    /// Unmounts what is still mounted, the uppermost first.
    fn unmount(&mut self, path: &Path) -> Result<(), MountError> {
        match self {
            Self::Layers(layers) => {
                while let Some(layer) = layers.pop() {
                    layer.unmount()?;
                }
                Ok(())
            }
            Self::Adopted(unmount) => {
                let done = unmount.take().map_or(Ok(()), |unmount| unmount());
                done.map_err(|source| MountError::Unmount { path: path.to_owned(), source })
            }
        }
    }
}

/// One mount of ours. Dropping it unmounts it, at the latest when nobody uses it any more.
pub struct Layer {
    path: PathBuf,
    mounted: bool,
}

impl Layer {
    /// Mounts a filesystem.
    pub fn mount(filesystem: &'static str, source: &str, path: &Path, all: &str) -> Result<Self, MountError> {
        let (flags, data) = options::split(all);
        let data = CString::new(data).map_err(|error| MountError::file("mount options", error))?;
        match mount(source, path, filesystem, flags, data.as_c_str()) {
            Ok(()) => Ok(Self { path: path.to_owned(), mounted: true }),
            Err(Errno::NODEV) => Err(MountError::NoFilesystem { filesystem }),
            Err(error @ (Errno::PERM | Errno::ACCESS)) => {
                Err(MountError::NotPermitted { what: format!("mounting {filesystem}"), source: error.into() })
            }
            Err(error) => {
                let (filesystem, options) = (filesystem.to_owned(), all.to_owned());
                Err(MountError::Mount { filesystem, options, source: error.into() })
            }
        }
    }

    fn unmount(mut self) -> Result<(), MountError> {
        let began = Instant::now();
        loop {
            match unmount(&self.path, UnmountFlags::empty()) {
                Ok(()) => {
                    self.mounted = false;
                    return Ok(());
                }
                Err(Errno::BUSY) if began.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(error) => return Err(MountError::Unmount { path: self.path.clone(), source: error.into() }),
            }
        }
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        if self.mounted {
            let _ = unmount(&self.path, UnmountFlags::DETACH);
        }
    }
}

fn describe(path: &Path) -> Result<String, MountError> {
    let line = mountinfo::line_of(path);
    line.map_err(|error| MountError::file(format!("looking for {} among the mounts", path.display()), error))
}
