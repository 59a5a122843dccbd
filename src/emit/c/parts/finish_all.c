/* Lets everybody finish, in order, round and round. */
static void finish_all(void)
{
	int quiet, unfinished = 1;

	for (quiet = 0; unfinished && quiet < 100; quiet++) {
		unsigned long before = events;
		size_t number;

		unfinished = 0;
		for (number = 0; number < sizeof(tasks) / sizeof(*tasks); number++)
			if (!tasks[number].finished) {
				unfinished = 1;
				turn(&tasks[number], UNLIMITED);
			}
		pthread_mutex_lock(&turns);
		if (events != before || (unfinished && pause_for_events()))
			quiet = 0;
		pthread_mutex_unlock(&turns);
	}
	if (unfinished)
		give_up();
}
