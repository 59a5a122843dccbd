/* Anonymous memory, all of it there, filled with a byte. */
static char *anonymous(size_t length, int byte)
{
	char *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(start == MAP_FAILED ? -1 : 0, "mmap");
	return memset(start, byte, length);
}
