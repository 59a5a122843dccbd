/* Brings a page of a file into the page cache. */
static void cache_page(int fd, off_t page)
{
	char bytes[4096];

	check(pread(fd, bytes, sizeof(bytes), page * 4096), "pread");
}
