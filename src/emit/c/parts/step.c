/* Between two operations: waits until the task may make another step. */
static void step(struct task *self)
{
	pthread_mutex_lock(&turns);
	self->thread = syscall(SYS_gettid);
	self->running = 0;
	events++;
	pthread_cond_broadcast(&changed);
	while (!self->steps)
		pthread_cond_wait(&changed, &turns);
	if (self->steps != UNLIMITED)
		self->steps--;
	self->running = 1;
	pthread_mutex_unlock(&turns);
}
