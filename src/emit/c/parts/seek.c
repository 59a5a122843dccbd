/* Looks whether bytes, which are at this place of a file, are what was seen when the finding showed. */
static void seek(const unsigned char *bytes, long start, long length)
{
	size_t number;
	long at;

	for (number = 0; number < sizeof(sought) / sizeof(*sought); number++)
		for (at = sought[number].from; at < sought[number].to; at++)
			if (at < start || at >= start + length || bytes[at - start] != sought[number].byte)
				return;
	seen = 1;
}
