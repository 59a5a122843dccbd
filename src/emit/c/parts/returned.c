/* Prints what a call returned. */
static void returned(const char *call, long result)
{
	int error = errno;

	if (result < 0)
		printf("%s = -1: %s\n", call, strerror(error));
	else
		printf("%s = %ld\n", call, result);
}
