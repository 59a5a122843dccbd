/* The load that may show the finding: of a mapping that is at this place of a file. */
static void load_and_seek(int number, const char *call, const char *memory, size_t length, off_t start)
{
	unsigned char *bytes = malloc(length + 1);
	int scratch = check(memfd_create("scratch", MFD_CLOEXEC), "memfd_create");
	long result;

	calling(number);
	result = noted(number, pwrite(scratch, memory, length, 0));
	flockfile(stdout);
	returned(call, result);
	if (result > 0) {
		result = pread(scratch, bytes, result, 0);
		show_runs(bytes, 0, result);
	}
	funlockfile(stdout);
	seek(bytes, start, result);
	close(scratch);
	free(bytes);
}
