static void *finished(struct task *self)
{
	pthread_mutex_lock(&turns);
	self->running = 0;
	self->finished = 1;
	events++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&turns);
	return NULL;
}
