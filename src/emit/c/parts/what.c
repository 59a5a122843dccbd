static const char *what(unsigned char byte)
{
	return meaning[byte] ? meaning[byte] : "SOMETHING ELSE";
}
