/* Reads, and prints what was seen. */
static void read_file(const char *call, int fd, off_t start, size_t length)
{
	unsigned char *bytes = malloc(length + 1);
	long result = pread(fd, bytes, length, start);

	flockfile(stdout);
	returned(call, result);
	show_runs(bytes, start, result);
	funlockfile(stdout);
	free(bytes);
}
