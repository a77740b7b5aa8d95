/* name.c - see name.h. */
#include "core/name.h"

#include <string.h>

const char *
name_last(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}
