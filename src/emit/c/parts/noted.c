/* Notes what an operation came to. */
static long noted(int number, long result)
{
	int error = errno;

	here[number].returned = moment();
	here[number].result = result < 0 ? -error : result;
	errno = error;
	return result;
}
