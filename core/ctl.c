/* What both ends share: where the socket is, and how words travel. An argument is escaped so that a
 * line is always words between single blanks; %-escapes cover the blank, '%', control characters
 * and the empty word ("%" alone). */
#include "core/ctl_wire.h"

#include "core/ctl.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
ctl_escape(struct str *out, const char *arg)
{
	if (!*arg)
		str_addc(out, '%');
	for (; *arg; arg++) {
		unsigned char c = (unsigned char)*arg;
		if (c <= ' ' || c == '%' || c == 0x7f)
			str_addf(out, "%%%02X", c);
		else
			str_addc(out, (char)c);
	}
}

bool
ctl_unescape(char *arg)
{
	if (strcmp(arg, "%") == 0) {
		*arg = '\0';
		return true;
	}
	char *to = arg;
	for (const char *p = arg; *p; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		int hi = hex_digit(p[1]);
		int lo = hi < 0 ? -1 : hex_digit(p[2]);
		if (lo < 0 || (hi | lo) == 0)
			return false;
		*to++ = (char)(hi << 4 | lo);
		p += 2;
	}
	*to = '\0';
	return true;
}

int
ctl_address(const char *dir, struct sockaddr_un *sa, int *dirfd)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	*dirfd = -1;
	int n = snprintf(sa->sun_path, sizeof sa->sun_path, "%s/ctl", dir);
	if (n > 0 && (size_t)n < sizeof sa->sun_path)
		return 0;
	*dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*dirfd < 0)
		return -1;
	snprintf(sa->sun_path, sizeof sa->sun_path, "/proc/self/fd/%d/ctl", *dirfd);
	return 0;
}

int
ctl_connect(const char *dir)
{
	struct sockaddr_un sa;
	int dirfd;
	if (ctl_address(dir, &sa, &dirfd) < 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved = errno;
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0) {
		saved = errno;
		close(fd);
		fd = -1;
	}
	if (dirfd >= 0)
		close(dirfd);
	errno = saved;
	return fd;
}

void
ctl_request_line(struct str *out, uint64_t seq, const char *verb, const char *const *args,
		 int nargs)
{
	str_addf(out, "%llu %s", (unsigned long long)seq, verb);
	for (int i = 0; i < nargs; i++) {
		str_addc(out, ' ');
		ctl_escape(out, args[i]);
	}
	str_addc(out, '\n');
}

void
ctl_add_text(struct str *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		str_addc(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
	}
}

bool
ctl_take_number(const char **p, uint64_t *n)
{
	const char *q = *p;
	*n = 0;
	for (; *q >= '0' && *q <= '9'; q++)
		if (__builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(*q - '0'), n))
			return false;
	if (q == *p || (*q && *q != ' '))
		return false;
	*p = *q ? q + 1 : q;
	return true;
}

bool
ctl_parse_reply(const char *line, uint64_t *seq, bool *ok, const char **text)
{
	if (!ctl_take_number(&line, seq))
		return false;
	*ok = strncmp(line, "ok", 2) == 0;
	const char *rest = line + (*ok ? 2 : 3);
	if (!*ok && strncmp(line, "err", 3) != 0)
		return false;
	if (*rest && *rest != ' ')
		return false;
	*text = *rest ? rest + 1 : rest;
	return true;
}

/* As a socket gives them: bytes in, whole lines out. The buffer keeps the beginning of the next
 * line. */
enum ctl_got
ctl_read_lines(int fd, struct str *in, bool (*fn)(void *ctx, char *line), void *ctx)
{
	for (;;) {
		xgrow(&in->buf, &in->cap, in->len + 4096 + 1, 1);
		ssize_t n = read(fd, in->buf + in->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? CTL_GOT : CTL_GOT_END;
		if (n == 0)
			return CTL_GOT_END;
		size_t seen = in->len, from = 0;
		in->len += (size_t)n;
		in->buf[in->len] = '\0';
		char *nl;
		while ((nl = memchr(in->buf + seen, '\n', in->len - seen))) {
			*nl = '\0';
			bool nul = strlen(in->buf + from) != (size_t)(nl - in->buf) - from;
			if (nul || !fn(ctx, in->buf + from))
				return CTL_GOT_GARBAGE;
			from = seen = (size_t)(nl - in->buf) + 1;
		}
		memmove(in->buf, in->buf + from, in->len - from + 1);
		in->len -= from;
		if (in->len > CTL_LINE_MAX)
			return CTL_GOT_GARBAGE;
	}
}
