//! Power is lost: everything stops, and the files are looked at once the filesystems are mounted again.

use crate::kernel::Kernel;
use oracle::FileId;

impl Kernel<'_> {
    /// Power is lost: nothing runs any more, and what is on its way to the disk does not arrive.
    pub(crate) async fn crash(&self) -> ! {
        self.preempt().await;
        self.with(|s| {
            s.crashed = true;
            s.unfinished = 0;
            s.disk.drop_requests();
        });
        std::future::pending().await
    }

    /// Mounts everything again, and looks at every file.
    pub(crate) fn look_after_crash(&self) {
        self.with(|s| {
            for file in (0..s.files.len()).map(|it| FileId(it as u8)) {
                s.look_after_crash(file);
            }
        });
    }
}
