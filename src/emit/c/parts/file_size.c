/* The size of a file. */
static long file_size(int fd)
{
	struct stat status;

	return fstat(fd, &status) < 0 ? -1 : (long)status.st_size;
}
