/* What fails while things are set up says nothing of the kernel: the program ends. */
static long check(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(2);
	}
	return result;
}
