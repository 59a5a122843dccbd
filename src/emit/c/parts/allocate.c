/* Allocates blocks that nobody writes; a filesystem that cannot is told, and the rest is done all the same. */
static void allocate(int fd, off_t start, off_t length)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, start, length) < 0)
		perror("no blocks are allocated ahead: fallocate");
}
