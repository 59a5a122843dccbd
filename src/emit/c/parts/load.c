/* Looks at memory by way of a system call: where nothing is to be had, that is an error, and no signal. */
static long load(const char *call, const char *memory, size_t length)
{
	unsigned char *bytes = malloc(length + 1);
	int scratch = check(memfd_create("scratch", MFD_CLOEXEC), "memfd_create");
	long result = pwrite(scratch, memory, length, 0);
	int error = errno;

	flockfile(stdout);
	returned(call, result);
	if (result > 0)
		show_runs(bytes, 0, pread(scratch, bytes, result, 0));
	funlockfile(stdout);
	close(scratch);
	free(bytes);
	errno = error;
	return result;
}
