/* A parcel becomes a process; how that ends is how the parcel fared. Everything runs when the loop
 * says so: after a commit, when a process ended, when a time has come. */
#include "core/herald.h"

#include "core/argv.h"
#include "core/channel.h"
#include "core/clock.h"
#include "core/courier.h"
#include "core/outbox.h"
#include "core/past.h"
#include "core/utf8.h"
#include "core/webhook.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

enum { HOST_MAX = 64 };

/* The wall clock may be set: the timer looks at it now and then. */
#define NAP_US (60 * SECOND)
#define GRACE_US (5 * SECOND)
#define RETRY_AFTER_MAX_S 86400

struct flight {
	struct herald *herald;
	struct parcel *parcel;
	struct courier *courier;
	struct flight *next;
};

struct herald {
	struct loop *loop;
	struct herald_opts o;
	struct herald_events ev;
	struct channels channels;
	struct outbox *outbox;
	struct pasts *pasts;
	struct loop_timer *timer;
	struct flight *flying;
	char host[HOST_MAX + 1];
};

static void pump(struct herald *h);

static void
note(struct herald *h, char *text)
{
	if (h->ev.note)
		h->ev.note(h->ev.ctx, text);
	free(text);
}

static void
on_outbox_note(void *ctx, const char *text)
{
	note(ctx, xstrdup(text));
}

static int64_t
on_silenced(void *ctx, const struct alert *a, int64_t now_us)
{
	struct herald *h = ctx;
	return h->o.silenced ? h->o.silenced(h->o.ctx, a, now_us) : 0;
}

/* -- delivering -------------------------------------------------------------------------------- */

/* What a program said, in one line for a person. */
static char *
words(const char *said)
{
	struct str s = STR_INIT;
	const char *p = said;
	while (strncmp(p, "retry-after ", 12) == 0 && strchr(p, '\n'))
		p = strchr(p, '\n') + 1;
	size_t n = strcspn(p, "\n");
	utf8_clean(&s, p, n < 200 ? n : 200, 0);
	return str_steal(&s);
}

static int64_t
retry_after_us(const char *said)
{
	const char *p = strstr(said, "retry-after ");
	long s = p ? strtol(p + 12, NULL, 10) : 0;
	return s <= 0 ? 0 : (s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : s) * SECOND;
}

static void
say_failure(struct herald *h, const struct parcel *p, enum outcome how, const char *why,
	    const char *said)
{
	const char *name = p->channel ? p->channel->name : "a channel that is gone";
	/* Of many tries the first is worth a line. */
	if (how == OUTCOME_RETRY && p->notice[0]->tries > 0)
		return;
	char *text = said ? words(said) : NULL;
	note(h, xasprintf("%s was not told of %s: %s%s%s%s", name, p->notice[0]->id, why,
			  text && *text ? ": " : "", text && *text ? text : "",
			  how == OUTCOME_RETRY ? "; it is tried again" : ""));
	free(text);
}

static void
hand_back(struct herald *h, struct parcel *p, enum outcome how, int64_t retry_us)
{
	outbox_back(h->outbox, p, how, retry_us, clock_wall_us());
	if (outbox_dirty(h->outbox))
		h->ev.wake(h->ev.ctx);
}

static void
on_end(void *ctx, const struct courier_end *end)
{
	struct flight *f = ctx, **at;
	struct herald *h = f->herald;
	struct parcel *p = f->parcel;
	enum outcome how = end->status == 0                                  ? OUTCOME_DELIVERED
			   : end->status == WEBHOOK_AGAIN || end->status < 0 ? OUTCOME_RETRY
									     : OUTCOME_FAILED;
	for (at = &h->flying; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	free(f);
	if (how != OUTCOME_DELIVERED) {
		char *why = end->late         ? xstrdup("it took too long and was killed")
			    : end->status < 0 ? xasprintf("killed by signal %d", -end->status)
					      : xasprintf("exit status %d", end->status);
		say_failure(h, p, how, why, end->said);
		free(why);
	}
	hand_back(h, p, how, how == OUTCOME_RETRY ? retry_after_us(end->said) : 0);
	pump(h);
}

/* What of the environment decides how something is posted. */
static char **
post_env(void)
{
	static const char *const names[] = {"PATH",          "HOME",          "LANG",
					    "http_proxy",    "https_proxy",   "HTTPS_PROXY",
					    "all_proxy",     "ALL_PROXY",     "no_proxy",
					    "NO_PROXY",      "SSL_CERT_FILE", "SSL_CERT_DIR",
					    "CURL_CA_BUNDLE"};
	enum { N = sizeof names / sizeof *names };
	char **env = xcalloc(N + 1, sizeof *env);
	int n = 0;
	for (int i = 0; i < N; i++) {
		const char *v = getenv(names[i]);
		if (v)
			env[n++] = xasprintf("%s=%s", names[i], v);
	}
	return env;
}

static void
deliver(struct herald *h, struct parcel *p)
{
	const struct channel *c = p->channel;
	const struct notice *const *v = (const struct notice *const *)p->notice;
	struct courier_job job = {.limit_us = c->limit_us, .grace_us = GRACE_US};
	struct str in = STR_INIT;
	struct err e = {0};
	char mm[] = "mm", post[] = "--post", *post_argv[] = {mm, post, NULL}, **env = NULL;
	int code = 0;

	if (c->type == CHANNEL_EXEC) {
		notice_json(&in, v, p->n, h->host);
		env = notice_env(v, p->n, h->host);
		job.program = c->argv[0];
		job.argv = c->argv;
	} else {
		code = webhook_job(&in, c, v, p->n, h->host, &e);
		env = post_env();
		job.program = h->o.self;
		job.argv = post_argv;
	}
	job.env = env;
	job.in = str_c(&in);
	job.nin = in.len;
	struct flight *f = xcalloc(1, sizeof *f);
	*f = (struct flight){.herald = h, .parcel = p, .next = h->flying};
	if (code == 0)
		f->courier = courier_start(h->loop, &job, on_end, f, &e);
	argv_free(env);
	str_release(&in);
	if (f->courier) {
		h->flying = f;
		return;
	}
	/* A program or a file that is missing may be back; what is wrong in it may be mended. */
	free(f);
	say_failure(h, p, OUTCOME_RETRY, e.text, NULL);
	hand_back(h, p, OUTCOME_RETRY, 0);
}

static void
pump(struct herald *h)
{
	struct parcel *p;
	int64_t now = clock_wall_us();

	while ((p = outbox_next(h->outbox, now)))
		deliver(h, p);
	if (outbox_dirty(h->outbox))
		h->ev.wake(h->ev.ctx);
	int64_t due = outbox_due(h->outbox, now);
	loop_timer_set(h->timer, due == INT64_MAX     ? -1
				 : due <= now         ? 1000
				 : due - now > NAP_US ? NAP_US
						      : due - now);
}

static void
on_timer(void *ctx)
{
	herald_look(ctx);
}

/* -- the public face --------------------------------------------------------------------------- */

struct herald *
herald_new(struct loop *l, struct sink *sink, const struct conf *c, const struct herald_opts *o,
	   const struct herald_events *ev, struct err *e)
{
	struct herald *h = xcalloc(1, sizeof *h);
	*h = (struct herald){.loop = l, .o = *o, .ev = *ev};
	if (channels_read(c, &h->channels, e) < 0) {
		free(h);
		return NULL;
	}
	if (gethostname(h->host, HOST_MAX) < 0)
		h->host[0] = '\0';
	struct outbox_env env = {.sink = sink,
				 .silenced = on_silenced,
				 .note = on_outbox_note,
				 .ctx = h};
	h->outbox = outbox_new(&env, &h->channels);
	h->timer = loop_timer_new(l, on_timer, h);
	h->pasts = pasts_new(sink);
	outbox_restore(h->outbox);
	pasts_restore(h->pasts);
	loop_timer_set(h->timer, 0);
	return h;
}

void
herald_free(struct herald *h)
{
	if (!h)
		return;
	while (h->flying) {
		struct flight *f = h->flying;
		h->flying = f->next;
		courier_cancel(f->courier);
		free(f);
	}
	outbox_free(h->outbox);
	pasts_free(h->pasts);
	channels_release(&h->channels);
	loop_timer_free(h->timer);
	free(h);
}

int
herald_reconf(struct herald *h, const struct conf *c, struct err *e)
{
	struct channels channels, old = h->channels;
	int code = channels_read(c, &channels, e);
	if (code < 0)
		return code;
	h->channels = channels;
	outbox_channels(h->outbox, &h->channels);
	channels_release(&old);
	pump(h);
	return 0;
}

void
herald_hear(void *ctx, const struct alert *a, bool fired_now)
{
	struct herald *h = ctx;
	pasts_hear(h->pasts, a, clock_wall_us());
	outbox_alert(h->outbox, a, fired_now, clock_wall_us());
}

bool
herald_muted(struct herald *h, const struct alert *a)
{
	return outbox_muted(h->outbox, a, clock_wall_us());
}

int
herald_each_firing(const struct herald *h, int (*fn)(void *ctx, const struct alert *a), void *ctx)
{
	return outbox_each_firing(h->outbox, fn, ctx);
}

void
herald_look(struct herald *h)
{
	outbox_look(h->outbox, clock_wall_us());
	pump(h);
}

bool
herald_dirty(const struct herald *h)
{
	return outbox_dirty(h->outbox);
}

void
herald_committed(struct herald *h)
{
	outbox_committed(h->outbox);
	pump(h);
}

void
herald_rolled_back(struct herald *h)
{
	outbox_restore(h->outbox);
	pasts_restore(h->pasts);
	loop_timer_set(h->timer, 0);
}

bool
herald_idle(struct herald *h)
{
	int64_t now = clock_wall_us();
	return !h->flying && !outbox_dirty(h->outbox) && outbox_due(h->outbox, now) > now;
}
