/* The userfaultfd, by which a task that touches a page that is not there sleeps until it is its turn. */
static int faults;
