/* From now on, who touches a page of this memory that is not there stops. */
static void watch(char *start, size_t length)
{
	struct uffdio_register it = {
		.range = { .start = (unsigned long)start, .len = length },
		.mode = UFFDIO_REGISTER_MODE_MINOR,
	};

	check(ioctl(faults, UFFDIO_REGISTER, &it), "userfaultfd");
}
