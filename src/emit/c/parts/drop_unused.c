/* Drops what is clean and not in use from the page cache. */
static long drop_unused(int fd)
{
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return errno ? -1 : 0;
}
