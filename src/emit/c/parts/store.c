/* Stores to memory by way of a system call: where nothing is to be had, that is an error, and no signal. */
static long store(char *memory, int byte, size_t length)
{
	int error, scratch = check(memfd_create("scratch", MFD_CLOEXEC), "memfd_create");
	long result;

	put(scratch, byte, 0, length);
	result = pread(scratch, memory, length, 0);
	error = errno;
	close(scratch);
	errno = error;
	return result;
}
