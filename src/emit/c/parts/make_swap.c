/* What is behind a memory, so that its pages can go and come back with what was in them, as from swap: a memfd. */
static int make_swap(size_t length, int byte)
{
	int fd = check(memfd_create("swap", MFD_CLOEXEC), "memfd_create");

	put(fd, byte, 0, length);
	return fd;
}
