static void *watch_faults(void *nothing)
{
	struct uffd_msg message;
	size_t number;

	while (read(faults, &message, sizeof(message)) == sizeof(message)) {
		char *page = (char *)(unsigned long)(message.arg.pagefault.address & ~4095ULL);
		struct task *task = NULL;

		pthread_mutex_lock(&turns);
		for (number = 0; number < sizeof(tasks) / sizeof(*tasks); number++)
			if (tasks[number].thread == (long)message.arg.pagefault.feat.ptid)
				task = &tasks[number];
		if (task && !task->steps) {
			task->stopped = page;
		} else {
			if (task && task->steps != UNLIMITED)
				task->steps--;
			serve(page);
		}
		events++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&turns);
	}
	return nothing;
}
