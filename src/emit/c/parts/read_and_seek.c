/* The read that may show the finding. */
static void read_and_seek(int number, const char *call, int fd, off_t start, size_t length)
{
	unsigned char *bytes = malloc(length + 1);
	long result;

	calling(number);
	result = noted(number, pread(fd, bytes, length, start));
	flockfile(stdout);
	returned(call, result);
	show_runs(bytes, start, result);
	funlockfile(stdout);
	seek(bytes, start, result);
	free(bytes);
}
