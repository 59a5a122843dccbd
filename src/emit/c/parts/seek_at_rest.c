/* Looks for the finding in a file at rest, perhaps after all of it was written out and dropped from the page cache. */
static void seek_at_rest(int fd, int evicted)
{
	long size = check(file_size(fd), "fstat");
	unsigned char *bytes = malloc(size + 1);

	if (evicted)
		drop_pages(fd, 0, 0);
	seek(bytes, 0, check(pread(fd, bytes, size, 0), "pread"));
	free(bytes);
}
