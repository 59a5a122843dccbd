#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

/* Takes pages out of the page tables, as reclaim does: what was in them stays in the file behind the memory. */
static long take_away(char *start, size_t length)
{
	return madvise(start, length, MADV_DONTNEED_LOCKED);
}
