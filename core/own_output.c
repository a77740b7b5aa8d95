/* Its first line tells: the heading of an export, or an object with the keys of a command in their
 * order, as they are and as jq prints them. A journal is where journals are. */
#include "core/own_output.h"

#include "core/glob.h"

#include <string.h>

enum { SHOWN = 2048 };

static const char export_heading[] = "run,metric,step,time,value,segment,attempt";

static const char *const objects[] = {
	"{run:*,metric:*,step:*,time:*,value:*,segment:*,attempt:*",
	"{run:*,metric:*,format:*,points:*,first_step:*",
	"{run:*,root:*,path:*,state:*",
	"{run:*,about:*,sentence:*",
	"{run:*,file:*,offset:*,error:*",
	"{file:*,run:*,format:*,bytes:*,read:*",
	"{rule:*,run:*,metric:*,state:*,severity:*",
	"{runs:*,firing:*,waiting:*,watched:*",
	"{version:*,path:*,run:*,step:*,step_from:*",
};

/* The first line, or what fits of it, without quotes and the blanks between keys and values. */
static void
first_line(char line[SHOWN], const char *head, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n && k + 1 < SHOWN && head[i] != '\n' && head[i]; i++)
		if (head[i] != '"' && (head[i] != ' ' || !i || !strchr(":,", head[i - 1])))
			line[k++] = head[i];
	while (k && line[k - 1] == '\r')
		k--;
	line[k] = '\0';
}

bool
own_output(const char *path, const char *head, size_t n)
{
	char line[SHOWN];
	if (n == 0 || (*head != '{' && *head != *export_heading))
		return false;
	first_line(line, head, n);
	if (strcmp(line, export_heading) == 0)
		return true;
	if (*line != '{')
		return false;
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (glob_match(objects[i], line))
			return true;
	return glob_match("*/mm/journal/*.jsonl", path) && strncmp(line, "{time:", 6) == 0;
}
