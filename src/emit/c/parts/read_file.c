/* Reads, and prints what was seen. */
static long read_file(const char *call, int fd, off_t start, size_t length)
{
	unsigned char *bytes = malloc(length + 1);
	long result = pread(fd, bytes, length, start);
	int error = errno;

	flockfile(stdout);
	returned(call, result);
	show_runs(bytes, start, result);
	funlockfile(stdout);
	free(bytes);
	errno = error;
	return result;
}
