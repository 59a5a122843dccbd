/* Fills a range of a file with a byte. */
static void put(int fd, int byte, off_t start, size_t length)
{
	char *bytes = malloc(length);

	memset(bytes, byte, length);
	check(pwrite(fd, bytes, length, start) == (ssize_t)length ? 0 : -1, "pwrite");
	free(bytes);
}
