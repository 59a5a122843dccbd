/* One clock for all tasks. */
static long moment(void)
{
	static long clock;

	return __atomic_add_fetch(&clock, 1, __ATOMIC_SEQ_CST);
}
