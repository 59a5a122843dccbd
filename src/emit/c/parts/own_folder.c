static char folder[] = "shortcopy-XXXXXX";

static void leave_folder(void)
{
	size_t number;

	for (number = 0; number < sizeof(names) / sizeof(*names); number++)
		unlink(names[number]);
	if (chdir("..") || rmdir(folder))
		perror(folder);
}

/* Works in a folder of its own, which goes away at the end. */
static void own_folder(const char *directory)
{
	check(chdir(directory), directory);
	check(mkdtemp(folder) ? 0 : -1, directory);
	check(chdir(folder), folder);
	atexit(leave_folder);
}
