/* Moves a memory elsewhere; nothing is left at its address. Page by page: a call moves what has the same rights. */
static long move_away(char *start, size_t length)
{
	char *to = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at;

	for (at = 0; to != MAP_FAILED && at < length; at += 4096)
		if (mremap(start + at, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to + at) == MAP_FAILED)
			return -1;
	return to == MAP_FAILED ? -1 : 0;
}
