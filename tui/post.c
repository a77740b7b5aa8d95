/* A process of its own for one message: whatever looking up a name, reading certificates, a TLS
 * library or a hostile server do, they do to it, and it has a quarter of a minute.
 *
 * libcurl is loaded here and nowhere else, when it is needed: linked, it and the thirty libraries
 * behind it would cost every `mm` 25 ms of its start. Redirections are not followed, and nothing
 * but http and https is spoken: what is posted goes where mm.conf says, or nowhere. The answer's
 * body is nobody's business. */
#include "tui/post.h"

#include "core/str.h"
#include "core/webhook.h"
#include "tui/version.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, TOTAL_MS = 15000, JOB_MAX = 8 << 20, FAILED = 1 };

/* What is used of it, by its own types. */
struct lib {
	void *handle;
	__typeof__(curl_easy_init) *init;
	__typeof__(curl_easy_setopt) *setopt;
	__typeof__(curl_easy_perform) *perform;
	__typeof__(curl_easy_getinfo) *getinfo;
	__typeof__(curl_easy_strerror) *words;
	__typeof__(curl_easy_cleanup) *cleanup;
	__typeof__(curl_slist_append) *append;
	__typeof__(curl_slist_free_all) *free_list;
};

/* ISO C has no cast from void * to a function; POSIX says that the bytes are the same. */
static bool
find(struct lib *l, const char *name, void *fn)
{
	void *p = dlsym(l->handle, name);
	memcpy(fn, &p, sizeof p);
	return p != NULL;
}

static bool
load(struct lib *l)
{
	l->handle = dlopen("libcurl.so.4", RTLD_NOW);
	return l->handle && find(l, "curl_easy_init", &l->init) &&
	       find(l, "curl_easy_setopt", &l->setopt) &&
	       find(l, "curl_easy_perform", &l->perform) &&
	       find(l, "curl_easy_getinfo", &l->getinfo) &&
	       find(l, "curl_easy_strerror", &l->words) &&
	       find(l, "curl_easy_cleanup", &l->cleanup) &&
	       find(l, "curl_slist_append", &l->append) &&
	       find(l, "curl_slist_free_all", &l->free_list);
}

static bool
read_all(struct str *out)
{
	char buf[16384];
	ssize_t n;
	while ((n = read(STDIN_FILENO, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len > JOB_MAX)
			return false;
		str_add(out, buf, (size_t)n);
	}
	return true;
}

static size_t
forget(char *p, size_t size, size_t n, void *ctx)
{
	size_t *left = ctx;
	(void)p;
	/* Who answers without end has answered. */
	if (size * n > *left)
		return 0;
	*left -= size * n;
	return size * n;
}

/* Of the answer's status: was it taken, is it worth another try? */
static int
judge(long status, curl_off_t retry_after)
{
	if (status >= 200 && status < 300)
		return 0;
	printf("the server answered %ld\n", status);
	if (status != 408 && status != 425 && status != 429 && status < 500)
		return FAILED;
	if (retry_after > 0)
		printf("retry-after %ld\n", (long)retry_after);
	return WEBHOOK_AGAIN;
}

/* Where the certificates of those who may be trusted are, if the environment says so: libcurl
 * itself does not ask it, only the program of that name. */
static void
trust(const struct lib *l, CURL *c)
{
	const char *file = getenv("CURL_CA_BUNDLE"), *dir = getenv("SSL_CERT_DIR");
	if (!file || !*file)
		file = getenv("SSL_CERT_FILE");
	if (file && *file)
		l->setopt(c, CURLOPT_CAINFO, file);
	if (dir && *dir)
		l->setopt(c, CURLOPT_CAPATH, dir);
}

static int
post(const struct lib *l, const char *url, const char *body, size_t n)
{
	CURL *c = l->init();
	struct curl_slist *head = NULL;
	char error[CURL_ERROR_SIZE] = "";
	size_t left = 1 << 20;
	if (!c)
		return WEBHOOK_AGAIN;
	head = l->append(head, "Content-Type: application/json");
	head = l->append(head, "Expect:");
	l->setopt(c, CURLOPT_URL, url);
	l->setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	l->setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	trust(l, c);
	l->setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
	l->setopt(c, CURLOPT_POSTFIELDS, body);
	l->setopt(c, CURLOPT_HTTPHEADER, head);
	l->setopt(c, CURLOPT_USERAGENT, "mm/" MM_VERSION);
	l->setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	l->setopt(c, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
	l->setopt(c, CURLOPT_NOSIGNAL, 1L);
	l->setopt(c, CURLOPT_ERRORBUFFER, error);
	l->setopt(c, CURLOPT_WRITEFUNCTION, forget);
	l->setopt(c, CURLOPT_WRITEDATA, &left);
	CURLcode code = l->perform(c);
	long status = 0;
	curl_off_t retry_after = 0;
	l->getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	l->getinfo(c, CURLINFO_RETRY_AFTER, &retry_after);
	l->cleanup(c);
	l->free_list(head);
	/* Its status came: what was wrong with the rest of the answer doesn't matter. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status >= 200))
		return judge(status, retry_after);
	printf("%s\n", *error ? error : l->words(code));
	/* Everything else may pass: a name that doesn't resolve, a certificate that is renewed. */
	return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ? FAILED
										 : WEBHOOK_AGAIN;
}

int
post_main(void)
{
	struct lib l = {0};
	struct str job = STR_INIT;
	int status = FAILED;
	char *end = read_all(&job) && job.buf ? strchr(job.buf, '\n') : NULL;
	if (!end) {
		printf("there is nothing to post\n");
	} else if (!load(&l)) {
		printf("libcurl.so.4 is needed to post: %s\n", dlerror());
		status = WEBHOOK_AGAIN;
	} else {
		*end = '\0';
		status = post(&l, job.buf, end + 1, job.len - (size_t)(end + 1 - job.buf));
	}
	str_release(&job);
	return fflush(stdout) == 0 ? status : WEBHOOK_AGAIN;
}
