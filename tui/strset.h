/* strset.h - which strings were met already, and where. */
#ifndef TUI_STRSET_H
#define TUI_STRSET_H

#include <stdint.h>

struct strset {
	uint32_t mask, n;
	const char **key; /* borrowed: they must outlive the set */
	int *value;
};

#define STRSET_INIT \
	{ \
		0, 0, 0, 0 \
	}

void strset_release(struct strset *t);
/* Of N strings to come none makes it grow. */
void strset_room(struct strset *t, int n);
/* A new KEY gets VALUE (>= 0), and -1 is returned; else the value that it has. */
int strset_add(struct strset *t, const char *key, int value);
/* -1: not there. */
int strset_get(const struct strset *t, const char *key);

#endif
