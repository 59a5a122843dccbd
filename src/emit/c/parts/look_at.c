/* Prints what is in a file. */
static void look_at(const char *name, int fd)
{
	long size = check(file_size(fd), name);
	unsigned char *bytes = malloc(size + 1);

	printf("\nfile %s: %ld bytes\n", name, size);
	show_runs(bytes, 0, check(pread(fd, bytes, size, 0), name));
	free(bytes);
}
