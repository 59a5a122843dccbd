/* Makes a file of this size: a hole. */
static int make_file(const char *name, off_t size)
{
	int fd;

	unlink(name);
	fd = check(open(name, O_RDWR | O_CREAT | O_TRUNC, 0644), name);
	check(ftruncate(fd, size), name);
	return fd;
}
