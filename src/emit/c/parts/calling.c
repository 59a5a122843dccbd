/* Notes that an operation is called. */
static void calling(int number)
{
	here[number].called = moment();
}
