/* A task's turn: until its steps are used up, it is stopped, it finishes, or it sleeps for something that another has. */
static void turn(struct task *self, int steps)
{
	pthread_mutex_lock(&turns);
	self->steps = steps;
	if (self->stopped) { // stops
		serve(self->stopped); // stops
		self->stopped = NULL; // stops
	} else if (self->running) { // stops
		self->steps = 0; // stops
	} // stops
	if (self->running) // never stops
		self->steps = 0; // never stops
	pthread_cond_broadcast(&changed);
	while ((self->running || self->steps) && !self->finished && !self->stopped) // stops
	while ((self->running || self->steps) && !self->finished) // never stops
		if (!pause_for_events())
			break;
	self->steps = 0;
	pthread_mutex_unlock(&turns);
}
