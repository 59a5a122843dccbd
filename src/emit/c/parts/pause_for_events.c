/* Waits until anything goes on: false after a tenth of a second in which nothing did. */
static int pause_for_events(void)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 100000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_cond_timedwait(&changed, &turns, &until) == 0;
}
