static void start(struct task *task)
{
	pthread_t thread;

	check(-pthread_create(&thread, NULL, task->run, task), "pthread_create");
}
