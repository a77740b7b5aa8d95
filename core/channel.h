/* channel.h - whom alerts are told: the [notify NAME] sections of mm.conf, read and checked.
 *
 * A channel is a program that is started (exec) or an address that is posted to (webhook). Names of
 * runs and metrics never become part of a command or an address: they travel in the environment, on
 * standard input, in a body. */
#ifndef CORE_CHANNEL_H
#define CORE_CHANNEL_H

#include "core/conf.h"
#include "core/err.h"
#include "core/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum channel_type { CHANNEL_EXEC, CHANNEL_WEBHOOK };
enum channel_format { FORMAT_ALERTMANAGER, FORMAT_SLACK, FORMAT_NTFY };

struct channel {
	char *name;
	enum channel_type type;
	enum channel_format format; /* of a webhook's body */
	char **argv;                /* exec; ends with NULL */
	char *url;                  /* webhook; or NULL: */
	char *url_file;             /* … where it stands, read for each message */
	enum severity min_severity;
	char *rules, *runs; /* globs of what it is told; NULL: all */
	int64_t repeat_us;  /* how often what still fires is told again; 0: never */
	int64_t group_us;   /* after a message, how long further ones are gathered */
	int64_t limit_us;   /* what a delivery may take */
	int rate;           /* messages an hour; the rest become one digest */
	bool resolved;      /* told when it is over, too */
};

struct channels {
	struct channel *at;
	size_t n;
};

/* Errors are "FILE:LINE: …". */
int channels_read(const struct conf *c, struct channels *out, struct err *e);
void channels_release(struct channels *c);
const struct channel *channel_find(const struct channels *c, const char *name);
/* Is it to hear of A? Muting aside. NOTIFY: names of channels, parted by blanks or commas, that A's
 * rule wants to be told and no others; NULL or "": none in particular. */
bool channel_wants(const struct channel *c, const struct alert *a, const char *notify);

#endif
