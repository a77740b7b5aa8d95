/* ctl.h - the control socket: a line protocol between whoever ingests and everybody else.
 *
 * STORE/ctl, SOCK_STREAM, mode 0600; peers must have the same uid (SO_PEERCRED) or be root.
 *
 *     client → server   SEQ VERB [ARG…]\n
 *                           SEQ: a number of the client's choice; ARGs %-escaped (ctl_escape)
 *     server → client   SEQ ok [TEXT]\n | SEQ err TEXT\n
 *     server → client   * txn ID\n
 *                           after each commit returned: 60 a second at most, a burst's last always
 *                       * progress DONE TOTAL FILES\n
 *                           bytes; while catching up, 4 a second; DONE == TOTAL ends it
 *                       * mode TEXT\n
 *                           how directories are watched: "inotify", "inotify+poll 3", "poll"
 *                       * alert RULE RUN METRIC SEVERITY MESSAGE\n
 *                           fired now, and nothing mutes it; SEVERITY "shown": no bell
 *                       * trouble TEXT\n
 *                           what is read can't be kept; without TEXT: it can again
 *
 * Verbs: root DIR (ok with its canonical path: what run paths begin with; err when it is no
 * directory) · sync (rescan, read to the end, commit, then ok) · reload · status · trouble (ok with
 * what is wrong, or with nothing) · ack RULE [RUN [METRIC]] (ok with how many alerts that was) ·
 * compact (ok with the bytes before and after) · orders (silences or acknowledgements were written
 * into the journal) · forget [RUN…] (delete these; with none: look again at what was left alone) ·
 * unroot DIR (which is watched no more) ·
 * texts RUN (ok with PATH KIND WHY of each file that is its text, words %-escaped) · text RUN PATH
 * WHAT… (one of these; core/log_serve.h) · text RUN PATH wait SIZE DEV INO HEAD (ok with these
 * words anew when they are others, or after a while; with "texts" when the run has other files by
 * now; one file a peer; PATH "*": all of them as one, core/log_merge.h) ·
 * ping.
 *
 * Who connects is told the newest txn, mode, progress and trouble at once. */
#ifndef CORE_CTL_H
#define CORE_CTL_H

#include "core/err.h"
#include "core/loop.h"
#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { CTL_ARGS = 8 /* of a request; more are refused */ };

/* Sockets have short names (108 bytes): both sides go through /proc/self/fd when DIR is long. */
void ctl_escape(struct str *out, const char *arg);
bool ctl_unescape(char *arg); /* in place */

struct ctl_server;
struct ctl_peer; /* who asked; valid until answered or gone */

/* A request; answer now or later with ctl_answer(). ARGS are unescaped. */
typedef void ctl_request_fn(void *ctx, struct ctl_peer *peer, uint64_t seq, const char *verb,
			    char **args, int nargs);

int ctl_listen(struct loop *l, const char *dir, ctl_request_fn *fn, void *ctx,
	       struct ctl_server **out, struct err *e);
/* Call it while the ingest lock is still held: it removes the socket. */
void ctl_server_free(struct ctl_server *s);
void ctl_answer(struct ctl_server *s, struct ctl_peer *peer, uint64_t seq, bool ok,
		const char *text);
/* To every peer, "* " put before; control characters become blanks. A peer that doesn't read is
 * dropped, never waited for. */
void ctl_notice(struct ctl_server *s, const char *line);
void ctl_notice_txn(struct ctl_server *s, uint64_t txn);

struct ctl_client;
/* A notice, without "* ". */
typedef void ctl_line_fn(void *ctx, struct ctl_client *c, const char *line);
/* The answer; on disconnect once with OK false. */
typedef void ctl_reply_fn(void *ctx, bool ok, const char *text);

/* Connects and keeps connected: on loss it tries again each 250 ms for 5 s, then each second
 * (LINE_FN gets "up" and "down"). The socket's absence is no error. */
struct ctl_client *ctl_client_new(struct loop *l, const char *dir, ctl_line_fn *fn, void *ctx);
void ctl_client_free(struct ctl_client *c);
bool ctl_client_up(const struct ctl_client *c);
/* Queued until connected. */
void ctl_send(struct ctl_client *c, const char *verb, const char *const *args, int nargs,
	      ctl_reply_fn *fn, void *ctx);

/* For commands without a loop: connect, ask, wait at most TIMEOUT_MS (negative: for ever). 0 is ok.
 * ERR_NOTFOUND: nobody listens; ERR_BUSY: no answer in time; ERR_USAGE: the answer was err, with
 * its words; ERR_SYS: the connection broke. */
int ctl_ask(const char *dir, const char *verb, const char *const *args, int nargs, int timeout_ms,
	    struct str *answer, struct err *e);

#endif
