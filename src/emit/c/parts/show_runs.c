/* Prints what bytes are, run by run, with the offset that they are at. */
static void show_runs(const unsigned char *bytes, long start, long length)
{
	long from, to;

	for (from = 0; from < length; from = to) {
		for (to = from + 1; to < length && what(bytes[to]) == what(bytes[from]); to++)
			;
		printf("  %6ld..%-6ld %s\n", start + from, start + to, what(bytes[from]));
	}
}
