/* Says whether the finding showed: 1 if it did, 0 if not, 2 if this run cannot tell. */
static int judgement(const char *finding)
{
	int count = sizeof(told) / sizeof(*told), one, other;

	for (one = 0; one < count; one++)
		if (told[one].counts && told[one].has_result && here[one].result != told[one].result) {
			printf("\nNOT SHOWN: #%d came to %ld, where the finding showed to %ld: %s\n",
			       one, here[one].result, told[one].result, finding);
			return 0;
		}
	for (one = 0; one < count; one++)
		for (other = 0; other < count; other++)
			if (told[one].counts && told[other].counts && told[one].returned < told[other].called &&
			    here[one].returned > here[other].called) {
				printf("\nCANNOT JUDGE: #%d had not returned when #%d was called; try again: %s\n",
				       one, other, finding);
				return 2;
			}
	printf("\n%s: %s\n", seen ? "SHOWN" : "NOT SHOWN", finding);
	return seen;
}
