/* posix_spawn instead of fork: the parent's memory is not copied, and between the two programs no
 * code of ours runs that could take a lock along. */
#include "core/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>

extern char **environ;

int
spawn(const struct spawn *s, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	short group = s->session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	if (s->in < 0)
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&files, s->in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, s->out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, s->err, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (s->dir)
		posix_spawn_file_actions_addchdir_np(&files, s->dir);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr,
				 (short)(group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	char *const *argv = (char *const *)(uintptr_t)s->argv;
	char *const *env = s->env ? (char *const *)(uintptr_t)s->env : environ;
	int code = posix_spawnp(pid, s->program, &files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return code;
}
