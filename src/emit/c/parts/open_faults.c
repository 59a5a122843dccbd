static void open_faults(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_SHMEM };
	pthread_t thread;

	faults = check(syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");
	check(ioctl(faults, UFFDIO_API, &api), "userfaultfd");
	check(-pthread_create(&thread, NULL, watch_faults, NULL), "pthread_create");
}
