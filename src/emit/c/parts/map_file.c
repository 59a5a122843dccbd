/* Maps a file at an address that was reserved. */
static void map_file(char *start, size_t length, int rights, int kind, int fd, off_t offset)
{
	check(mmap(start, length, rights, kind | MAP_FIXED, fd, offset) == MAP_FAILED ? -1 : 0, "mmap");
}
