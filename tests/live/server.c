/* server DIR - an HTTP server on the loopback for the tests of webhooks, and no more of one than
 * they need; once in the clear, and once behind TLS.
 *
 * Writes its ports to DIR/port and DIR/port.tls, and to DIR/cert.pem the certificate of the second:
 * made for this run, signed by itself, for 127.0.0.1. Each request is appended to DIR/requests, as
 * "METHOD PATH N" (N: bytes of the body; behind TLS with "TLS " in front), and its body is
 * DIR/body.K (K = 1, 2, …). The first part of the path says how it is answered:
 *     /ok     200                        /bad    400
 *     /flaky  500, and from then on 200  /busy   429 with Retry-After: 2, and from then on 200
 *     /moved  302 to /ok                 /slow   a byte a second, without end
 * It is a supervisor too (sd_notify(3)): what is said to the socket DIR/notify, or to the abstract
 * name that stands in DIR/notify.abstract, is a line of DIR/notified, with '|' for its line ends.
 * One at a time is served, so who does not speak HTTP on the first port is hung up on at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
fail_tls(const char *what)
{
	fprintf(stderr, "server: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

/* Somebody who has come; TLS is NULL in the clear. */
struct guest {
	int fd;
	SSL *tls;
};

static ssize_t
take(const struct guest *g, char *to, size_t n)
{
	return g->tls ? SSL_read(g->tls, to, (int)n) : read(g->fd, to, n);
}

static void
reply(const struct guest *g, const char *text)
{
	size_t n = strlen(text);
	if ((g->tls ? SSL_write(g->tls, text, (int)n) : write(g->fd, text, n)) <= 0)
		perror("server: write");
}

/* As slow as a server can be; the tests' runner ends it with us. */
static void
drip(const struct guest *g)
{
	pid_t pid = fork();
	if (pid != 0)
		return;
	reply(g, "HTTP/1.1 200 OK\r\n");
	while (write(g->fd, "X", 1) == 1)
		sleep(1);
	_exit(0);
}

static void
answer(const struct guest *g, const char *path)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	static int flaky, busy;
	if (strncmp(path, "/bad", 4) == 0)
		reply(g, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/flaky", 6) == 0 && !flaky++)
		reply(g, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/busy", 5) == 0 && !busy++)
		reply(g, "HTTP/1.1 429 Slow\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/moved", 6) == 0)
		reply(g, "HTTP/1.1 302 Found\r\nLocation: /ok/moved\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(path, "/slow", 5) == 0)
		drip(g);
	else
		reply(g, ok);
}

static void
keep(const char *dir, const char *how, const char *head, const char *body, size_t n)
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
	if (!f || fprintf(f, "%s%s %zu\n", how, line, n) < 0 || fclose(f) != 0)
		fail(path);
}

static void
serve(const struct guest *g, const char *dir)
{
	static char buf[REQUEST_MAX + 1];
	size_t n = 0, want = 0;
	char *body = NULL;
	while (n < REQUEST_MAX && (!body || n < want)) {
		ssize_t got = take(g, buf + n, REQUEST_MAX - n);
		if (got <= 0 || buf[0] != 'P')
			return; /* it said no more than half a request, or nothing that is one */
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
	keep(dir, g->tls ? "TLS " : "", buf, body ? body : "", body ? n - (size_t)(body - buf) : 0);
	answer(g, path);
}

/* -- TLS --------------------------------------------------------------------------------------- */

static X509 *
certify(EVP_PKEY *key)
{
	X509 *x = X509_new();
	if (!x || !X509_set_version(x, 2) || !ASN1_INTEGER_set(X509_get_serialNumber(x), 1) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), -86400) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), 86400) || !X509_set_pubkey(x, key))
		fail_tls("a certificate");
	X509_NAME *name = X509_get_subject_name(x);
	if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"mm test",
					-1, -1, 0) ||
	    !X509_set_issuer_name(x, name))
		fail_tls("a name");
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	if (!ext || !X509_add_ext(x, ext, -1) || !X509_sign(x, key, EVP_sha256()))
		fail_tls("a signature");
	X509_EXTENSION_free(ext);
	return x;
}

static SSL_CTX *
tls_new(const char *dir)
{
	char path[4096];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!key || !ctx)
		fail_tls("a key");
	X509 *cert = certify(key);
	snprintf(path, sizeof path, "%s/cert.pem", dir);
	FILE *f = fopen(path, "w");
	if (!f || !PEM_write_X509(f, cert) || fclose(f) != 0)
		fail(path);
	if (SSL_CTX_use_certificate(ctx, cert) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
		fail_tls("a context");
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static void
serve_tls(SSL_CTX *ctx, int fd, const char *dir)
{
	struct guest g = {fd, SSL_new(ctx)};
	if (g.tls && SSL_set_fd(g.tls, fd) && SSL_accept(g.tls) == 1) {
		serve(&g, dir);
		SSL_shutdown(g.tls);
	}
	SSL_free(g.tls);
}

/* -- listening --------------------------------------------------------------------------------- */

/* Who finds the file can connect. */
static int
listen_at(const char *dir, const char *file)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	char path[4096], tmp[4200];
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 16) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		fail("listen");
	snprintf(path, sizeof path, "%s/%s", dir, file);
	snprintf(tmp, sizeof tmp, "%s.new", path);
	FILE *f = fopen(tmp, "w");
	if (!f || fprintf(f, "%d\n", ntohs(a.sin_port)) < 0 || fclose(f) != 0 ||
	    rename(tmp, path) < 0)
		fail(path);
	return s;
}

/* -- a supervisor ------------------------------------------------------------------------------ */

/* NAME is a path, or begins with '@'. */
static int
hear_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	size_t n = strlen(name);
	if (n >= sizeof a.sun_path)
		fail(name);
	memcpy(a.sun_path, name, n);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	if (s < 0 || bind(s, (struct sockaddr *)&a,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0)
		fail(name);
	return s;
}

static int
hear_abstract(const char *dir)
{
	char path[4096], name[64];
	snprintf(name, sizeof name, "@mm-test-server-%ld", (long)getpid());
	snprintf(path, sizeof path, "%s/notify.abstract", dir);
	FILE *f = fopen(path, "w");
	if (!f || fprintf(f, "%s\n", name) < 0 || fclose(f) != 0)
		fail(path);
	return hear_at(name);
}

static void
hear(int fd, const char *dir)
{
	char path[4096], text[4096];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);
	if (n < 0)
		return;
	text[n] = '\0';
	for (char *p = text; (p = strchr(p, '\n'));)
		*p = '|';
	snprintf(path, sizeof path, "%s/notified", dir);
	FILE *f = fopen(path, "a");
	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
		fail(path);
}

int
main(int argc, char **argv)
{
	char notify[200];
	if (argc != 2)
		return 2;
	snprintf(notify, sizeof notify, "%s/notify", argv[1]);
	unlink(notify);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	SSL_CTX *ctx = tls_new(argv[1]);
	struct pollfd p[] = {{.fd = listen_at(argv[1], "port.tls"), .events = POLLIN},
			     {.fd = -1, .events = POLLIN},
			     {.fd = hear_at(notify), .events = POLLIN},
			     {.fd = hear_abstract(argv[1]), .events = POLLIN}};
	/* The last: who sees it sees all of them. */
	p[1].fd = listen_at(argv[1], "port");
	for (;;) {
		if (poll(p, 4, -1) < 0)
			continue;
		for (int i = 2; i < 4; i++)
			if (p[i].revents)
				hear(p[i].fd, argv[1]);
		for (int i = 0; i < 2; i++) {
			struct guest g = {p[i].revents ? accept(p[i].fd, NULL, NULL) : -1, NULL};
			if (g.fd < 0)
				continue;
			if (i == 0)
				serve_tls(ctx, g.fd, argv[1]);
			else
				serve(&g, argv[1]);
			close(g.fd);
		}
	}
}
