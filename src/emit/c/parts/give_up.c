/* For ten seconds nothing went on: says who has not come back, and where the kernel has it. */
static void give_up(void)
{
	size_t number;
	char path[64], stack[4096];

	for (number = 0; number < sizeof(tasks) / sizeof(*tasks); number++) {
		FILE *file;

		if (tasks[number].finished)
			continue;
		printf("HANG: task %s does not come back; it is in\n", tasks[number].name);
		snprintf(path, sizeof(path), "/proc/self/task/%ld/stack", tasks[number].thread);
		file = fopen(path, "r");
		if (file) {
			stack[fread(stack, 1, sizeof(stack) - 1, file)] = 0;
			fputs(stack, stdout);
			fclose(file);
		}
	}
	puts("\n" HUNG);
	fflush(stdout);
	_exit(HUNG_CODE);
}
