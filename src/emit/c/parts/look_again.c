/* The same once more from the disk: printed only if it is not what was in the page cache. */
static void look_again(const char *name, int fd)
{
	long size = check(file_size(fd), name), then, now;
	unsigned char *bytes = malloc(2 * size + 1);

	then = check(pread(fd, bytes, size, 0), name);
	drop_pages(fd, 0, 0);
	now = check(pread(fd, bytes + size, size, 0), name);
	if (now != then || memcmp(bytes, bytes + size, now)) {
		printf("  ANOTHER CONTENT after it was written out and dropped from the page cache\n");
		show_runs(bytes + size, 0, now);
	}
	free(bytes);
}
