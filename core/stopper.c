/* What /proc says of a process is looked at before and after it was verified to be the one that is
 * meant; signals go through a pidfd, which stands for it alone. */
#include "core/stopper.h"

#include "core/argv.h"
#include "core/name.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROC_MAX = 256 << 10, COMMAND_MAX = 200 };

/* -- a process --------------------------------------------------------------------------------- */

static bool
proc_read(const struct writer *w, const char *what, struct str *out)
{
	char path[60], buf[4096];
	ssize_t n;
	snprintf(path, sizeof path, "/proc/%lld/%s", (long long)w->pid, what);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (out->len < PROC_MAX && (n = read(fd, buf, sizeof buf)) > 0)
		str_add(out, buf, (size_t)n);
	close(fd);
	return true;
}

/* The value of NAME among words that end with NUL. */
static const char *
word_of(const struct str *s, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = str_c(s), *end = p + s->len; p < end; p += strlen(p) + 1)
		if (strncmp(p, name, n) == 0 && p[n] == '=' && p[n + 1])
			return p + n + 1;
	return NULL;
}

bool
process_info_read(const struct writer *w, struct process_info *out)
{
	static const char *const jobs[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"};
	struct str line = STR_INIT, env = STR_INIT, clean = STR_INIT;
	*out = (struct process_info){NULL, NULL};
	if (!writer_alive(w) || !proc_read(w, "cmdline", &line)) {
		str_release(&line);
		return false;
	}
	for (size_t i = 0; i + 1 < line.len; i++)
		if (!line.buf[i])
			line.buf[i] = ' ';
	while (line.len && !line.buf[line.len - 1])
		line.len--;
	utf8_clean(&clean, str_c(&line), line.len < COMMAND_MAX ? line.len : COMMAND_MAX, 0);
	out->command = str_steal(&clean);
	if (!out->command)
		out->command = xstrdup("");
	if (proc_read(w, "environ", &env))
		for (size_t i = 0; i < sizeof jobs / sizeof *jobs && !out->job; i++) {
			const char *v = word_of(&env, jobs[i]);
			out->job = v ? xstrdup(v) : NULL;
		}
	str_release(&line);
	str_release(&env);
	/* What was read is of this process only if it is still there. */
	if (writer_alive(w))
		return true;
	process_info_release(out);
	return false;
}

void
process_info_release(struct process_info *p)
{
	free(p->command);
	free(p->job);
	*p = (struct process_info){NULL, NULL};
}

int
process_signal(const struct writer *w, int signo, struct err *e)
{
	int fd = writer_watch(w);
	if (fd < 0)
		return err_set(e, ERR_NOTFOUND, "process %lld has ended", (long long)w->pid);
	int code = 0;
	if (syscall(SYS_pidfd_send_signal, fd, signo, NULL, 0) < 0)
		code = errno == ESRCH ? err_set(e, ERR_NOTFOUND, "process %lld has ended",
						(long long)w->pid)
				      : err_sys(e, "process %lld", (long long)w->pid);
	close(fd);
	return code;
}

/* -- a command --------------------------------------------------------------------------------- */

bool
job_of_path(const char *path, struct str *out)
{
	const char *p = name_last(path);
	if (strncmp(p, "slurm-", 6) != 0)
		return false;
	p += 6;
	size_t n = strspn(p, "0123456789");
	if (n && p[n] == '_' && isdigit((unsigned char)p[n + 1]))
		n += 1 + strspn(p + n + 1, "0123456789");
	if (!n || strchr(p + n, '/') || (p[n] != '.' && p[n] != '-'))
		return false;
	str_add(out, p, n);
	return true;
}

static const char *
value_of(const char *word, const struct stop_words *w, char pid[24], bool *known)
{
	*known = true;
	if (strcmp(word, "{job}") == 0)
		return w->job;
	if (strcmp(word, "{run}") == 0)
		return w->run;
	if (strcmp(word, "{host}") == 0)
		return w->host;
	if (strcmp(word, "{pid}") == 0) {
		snprintf(pid, 24, "%ld", w->pid);
		return w->pid > 0 ? pid : NULL;
	}
	*known = false;
	return word;
}

int
stop_argv(const char *command, const struct stop_words *w, char ***out, struct err *e)
{
	char **argv = NULL, pid[24];
	int code = argv_parse(command, &argv, e);
	for (char **p = argv; code == 0 && p && *p; p++) {
		bool put;
		const char *v = value_of(*p, w, pid, &put);
		if (!v)
			code = err_set(e, ERR_NOTFOUND, "its %.*s is not known",
				       (int)strlen(*p) - 2, *p + 1);
		else if (put && (*v == '-' || !*v))
			code = err_set(e, ERR_NOTFOUND, "its %.*s looks like an option",
				       (int)strlen(*p) - 2, *p + 1);
		if (code < 0 || !put)
			continue;
		char *copy = xstrdup(v);
		free(*p);
		*p = copy;
	}
	if (code < 0) {
		argv_free(argv);
		return code;
	}
	*out = argv;
	return 0;
}
