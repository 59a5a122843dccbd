/* Gives a page back that a task waits for; where there is nothing any more, the task is told to try again. */
static void serve(char *page)
{
	struct uffdio_continue it = { .range = { .start = (unsigned long)page, .len = 4096 } };

	if (ioctl(faults, UFFDIO_CONTINUE, &it) < 0)
		ioctl(faults, UFFDIO_WAKE, &it.range);
}
