/* Writes a file out and drops pages of it from the page cache; a length of 0 is the whole file. */
static long drop_pages(int fd, off_t start, off_t length)
{
	sync_file_range(fd, 0, 0,
			SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
	errno = posix_fadvise(fd, start, length, POSIX_FADV_DONTNEED);
	return errno ? -1 : 0;
}
