/* Reserves addresses: as long as nothing else is mapped there, a pointer to them is a bad one. */
static char *reserve(size_t length)
{
	char *start = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(start == MAP_FAILED ? -1 : 0, "mmap");
	return start;
}
