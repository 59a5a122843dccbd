/* What a mapping shows past the end of a file, in its last page: printed only if it is not zeroes, as it should be where nothing was stored. */
static void look_past_end(const char *name, int fd)
{
	long size = check(file_size(fd), name), page = size / 4096 * 4096, at;
	unsigned char *bytes;

	if (size == page)
		return;
	bytes = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, page);
	check(bytes == MAP_FAILED ? -1 : 0, "mmap");
	for (at = size - page; at < 4096 && !bytes[at]; at++)
		;
	if (at < 4096) {
		printf("  NOT ZERO past the end, through a mapping\n");
		show_runs(bytes + size - page, size, page + 4096 - size);
	}
	munmap(bytes, 4096);
}
