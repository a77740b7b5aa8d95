/* log_server.h - the ingester's answers about the text of runs (core/ctl.h: texts, text). */
#ifndef TUI_LOG_SERVER_H
#define TUI_LOG_SERVER_H

#include "core/conf.h"
#include "core/ctl.h"
#include "core/loop.h"
#include "core/sink.h"

#include <stdbool.h>

struct log_server;

struct log_server *log_server_new(struct loop *l, struct sink *sink);
/* Before the control socket's server: who waits gets no answer any more. */
void log_server_free(struct log_server *s);
/* True: the request was about text, and is or will be answered through CTL. CONF is the one that is
 * in force. */
bool log_server_request(struct log_server *s, struct ctl_server *ctl, const struct conf *conf,
			struct ctl_peer *peer, uint64_t seq, const char *verb, char **args,
			int nargs);

#endif
