/* spawn.h - starts a program that gets of ours what it is given and nothing else: no descriptor, no
 * blocked signal, no handler, and not our terminal's signals. */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	const char *program;                  /* a path, or a name to be looked for in $PATH */
	const char *const *argv, *const *env; /* end with NULL; ENV NULL: ours */
	int in, out, err;                     /* become its 0, 1, 2; IN < 0: /dev/null */
	const char *dir;                      /* where it begins; NULL: where we are */
	bool session; /* a session of its own; else a process group, in either case with its pid */
};

/* 0, with its process id in *PID; or an errno. Nothing is waited for. */
int spawn(const struct spawn *s, pid_t *pid);

#endif
