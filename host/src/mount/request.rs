//! A request for a filesystem, and how it is made and mounted.

use super::mounted::Layer;
use super::{Disk, Image, Kind, Making, MountError, MountPoint, Mounted, mkfs, options};
use std::fs::{self, OpenOptions};
use std::path::PathBuf;

/// Bytes that a tmpfs may hold, if the request does not say.
const MEMORY: u64 = 256 << 20;

/// A filesystem to make and mount.
#[derive(Clone, Debug)]
pub struct Request {
    /// What kind it is of.
    pub kind: Kind,
    /// Options for the program that makes it, after those that it always has.
    pub mkfs_options: Vec<String>,
    /// Options to mount it with, after those that it always has.
    pub mount_options: Option<String>,
    /// Bytes of its disk, or of a tmpfs.
    pub size: u64,
    /// The folder for its image and for clones.
    pub folder: PathBuf,
    /// An existing file to use as its disk, such as one that records writes; otherwise a new file without a name.
    pub image: Option<PathBuf>,
    /// Whether each sector of the disk holds its number before the filesystem is made, so that a stale block is
    /// recognised.
    pub filled: bool,
}

impl Request {
    /// A filesystem of a kind, with all defaults: small, filled, its image in memory if there is room, else among the
    /// temporary files.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let size = kind.disk().map_or(MEMORY, |disk| disk.size);
        Self {
            kind,
            mkfs_options: Vec::new(),
            mount_options: None,
            size,
            folder: folder_for_images(size),
            image: None,
            filled: true,
        }
    }

    /// The same with a block size; nothing changes if there is no disk.
    #[must_use]
    pub fn with_block_size(mut self, bytes: u32) -> Self {
        if let Some(disk) = self.kind.disk() {
            let words = disk.block_size_options.iter().map(|word| word.replace('N', &bytes.to_string()));
            self.mkfs_options.extend(words);
        }
        self
    }

    /// The same with options to mount it with.
    #[must_use]
    pub fn with_mount_options(mut self, options: &str) -> Self {
        self.mount_options = Some(options.to_owned());
        self
    }

    /// Makes and mounts it.
    ///
    /// # Errors
    /// See [`MountError`]; [`MountError::lacks`] tells what this machine cannot do at all.
    pub fn mount(&self) -> Result<Mounted, MountError> {
        let about = self.kind.about();
        let wished = self.mount_options.as_deref().unwrap_or_default();
        let wished = options::join(&[about.mount_options, wished]);
        match &about.making {
            Making::Disk(disk) => {
                let image = self.new_image()?;
                self.make(disk, &image)?;
                Mounted::image_of(self.kind, image, &wished)
            }
            Making::Memory => self.in_memory(&wished),
            Making::Layers => self.in_layers(&wished),
            Making::ByCaller => Err(MountError::ByCaller { word: about.word }),
        }
    }

    fn new_image(&self) -> Result<Image, MountError> {
        let Some(path) = &self.image else { return Image::new(&self.folder, self.size, self.filled) };
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|error| MountError::file(format!("opening the image {}", path.display()), error))?;
        Image::over(file, &self.folder)
    }

    fn make(&self, disk: &Disk, image: &Image) -> Result<(), MountError> {
        mkfs::make(disk, &self.mkfs_options, image.device())
    }

    fn in_memory(&self, wished: &str) -> Result<Mounted, MountError> {
        let point = MountPoint::new()?;
        let size = self.size_of_tmpfs();
        let all = options::join(&[if self.kind == Kind::Tmpfs { &size } else { "" }, wished]);
        let layer = Layer::mount(self.kind.about().filesystem, "shortcopy", point.path(), &all)?;
        Mounted::of_layers(self.kind, point, vec![layer])
    }

    /// A tmpfs on the mount point, the layers' folders in it, and the overlay in one of those.
    fn in_layers(&self, wished: &str) -> Result<Mounted, MountError> {
        let point = MountPoint::new()?;
        let below = Layer::mount("tmpfs", "shortcopy", point.path(), &self.size_of_tmpfs())?;
        let folder = |name: &str| {
            let path = point.path().join(name);
            let made = fs::create_dir(&path);
            made.map_err(|error| MountError::file(format!("making {}", path.display()), error)).map(|()| path)
        };
        let (lower, upper, work, merged) = (folder("lower")?, folder("upper")?, folder("work")?, folder("merged")?);
        let layers = format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
        let overlay = Layer::mount("overlay", "shortcopy", &merged, &options::join(&[&layers, wished]))?;
        Mounted::of_layers(self.kind, point, vec![below, overlay])
    }

    fn size_of_tmpfs(&self) -> String {
        format!("size={}", self.size)
    }
}

/// A folder in memory, where a flush of the disk costs nothing, if it has room for the image and several clones of it.
fn folder_for_images(size: u64) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let room = rustix::fs::statvfs(&memory).map_or(0, |it| it.f_bavail * it.f_frsize);
    if room >= 4 * size { memory } else { std::env::temp_dir() }
}
