/* What madvise(MADV_DONTNEED) does to anonymous memory, done to one with a file behind it: the pages go, and come back as zeroes. */
static long discard(int swap, char *memory, off_t start, size_t length)
{
	put(swap, 0, start, length);
	return take_away(memory + start, length);
}
