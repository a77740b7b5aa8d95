/* webhook.h - what is posted to an address: bodies, and the job for the process that posts.
 *
 * Bodies: Alertmanager's webhook, version 4 (prometheus.io/docs/alerting/latest/configuration,
 * "webhook_config"); Slack's incoming webhooks ({"text"}, & < > escaped); ntfy's JSON, which goes
 * to the root of the server and names the topic (docs.ntfy.sh/publish, "Publish as JSON"). */
#ifndef CORE_WEBHOOK_H
#define CORE_WEBHOOK_H

#include "core/channel.h"
#include "core/notice.h"

/* What stands on the standard input of `mm --post`: the address, a line end, the body. Its exit
 * status is a hook's: 0, 75 for try again, else failed; on standard output it may say "retry-after
 * SECONDS", a line by itself, and what went wrong. */
#define WEBHOOK_AGAIN 75

/* Negative: words in E (a url_file that cannot be read, that others can read, that holds no
 * address). */
int webhook_job(struct str *out, const struct channel *c, const struct notice *const *v, size_t n,
		const char *host, struct err *e);

#endif
