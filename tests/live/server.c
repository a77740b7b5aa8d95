/* server DIR - an HTTP server on the loopback for the tests of webhooks, and no more of one than
 * they need.
 *
 * Writes its port to DIR/port. Each request is appended to DIR/requests, as "METHOD PATH N" (N:
 * bytes of the body), and its body is DIR/body.K (K = 1, 2, …). The first part of the path says how
 * it is answered:
 *     /ok     200                        /bad    400
 *     /flaky  500, and from then on 200  /busy   429 with Retry-After: 2, and from then on 200
 *     /moved  302 to /ok                 /slow   a byte a second, without end
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
reply(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		perror("server: write");
}

/* As slow as a server can be; the tests' runner ends it with us. */
static void
drip(int fd)
{
	pid_t pid = fork();
	if (pid != 0)
		return;
	reply(fd, "HTTP/1.1 200 OK\r\n");
	while (write(fd, "X", 1) == 1)
		sleep(1);
	_exit(0);
}

static void
answer(int fd, const char *path)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	static int flaky, busy;
	if (strncmp(path, "/bad", 4) == 0)
		reply(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/flaky", 6) == 0 && !flaky++)
		reply(fd, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/busy", 5) == 0 && !busy++)
		reply(fd, "HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/moved", 6) == 0)
		reply(fd, "HTTP/1.1 302 Found\r\nLocation: /ok/moved\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/slow", 5) == 0)
		drip(fd);
	else
		reply(fd, ok);
}

static void
keep(const char *dir, const char *head, const char *body, size_t n)
{
	static int count;
	char path[4096], line[1024];
	snprintf(line, sizeof line, "%.*s", (int)strcspn(head, "\r\n"), head);
	char *version = strstr(line, " HTTP/");
	if (version)
		*version = '\0';
	snprintf(path, sizeof path, "%s/body.%d", dir, ++count);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(body, 1, n, f) != n || fclose(f) != 0)
		fail(path);
	snprintf(path, sizeof path, "%s/requests", dir);
	f = fopen(path, "a");
	if (!f || fprintf(f, "%s %zu\n", line, n) < 0 || fclose(f) != 0)
		fail(path);
}

static void
serve(int fd, const char *dir)
{
	static char buf[REQUEST_MAX + 1];
	size_t n = 0, want = 0;
	char *body = NULL;
	while (n < REQUEST_MAX && (!body || n < want)) {
		ssize_t got = read(fd, buf + n, REQUEST_MAX - n);
		if (got <= 0)
			return; /* it said no more than half a request */
		n += (size_t)got;
		buf[n] = '\0';
		if (!body && (body = strstr(buf, "\r\n\r\n"))) {
			const char *length = strcasestr(buf, "\r\nContent-Length:");
			body += 4;
			want = (size_t)(body - buf) +
			       (length && length < body ? strtoul(length + 17, NULL, 10) : 0);
		}
	}
	char path[256] = "/";
	sscanf(buf, "%*s %255s", path);
	keep(dir, buf, body ? body : "", body ? n - (size_t)(body - buf) : 0);
	answer(fd, path);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	char path[4096], tmp[4200];
	if (argc != 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 16) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		fail("listen");
	snprintf(path, sizeof path, "%s/port", argv[1]);
	snprintf(tmp, sizeof tmp, "%s.new", path);
	FILE *f = fopen(tmp, "w");
	if (!f || fprintf(f, "%d\n", ntohs(a.sin_port)) < 0 || fclose(f) != 0 ||
	    rename(tmp, path) < 0)
		fail(path);
	for (;;) {
		int fd = accept(s, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd, argv[1]);
		close(fd);
	}
}
