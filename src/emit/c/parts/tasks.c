/*
 * The tasks are threads that run in turns. A step is an operation, or a stop of one at a page that is not there; while a task
 * is stopped, others have their turns.
 */
#define UNLIMITED (-1)

static pthread_mutex_t turns = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* How often anything went on. */
static unsigned long events;

struct task {
	const char *name;
	void *(*run)(void *);
	long thread;   /* the kernel's number for it */
	int steps;     /* that it may still make */
	int running;   /* it is in an operation */
	int finished;
	char *stopped; /* the page that it waits for */ // stops
};
