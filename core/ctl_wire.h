/* ctl_wire.h - what server and client of the control socket share: address, lines, words. Private
 * to core/ctl*.c. */
#ifndef CORE_CTL_WIRE_H
#define CORE_CTL_WIRE_H

#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define CTL_LINE_MAX (64u << 10) /* bytes of one line; longer ones are garbage */

/* The address of DIR/ctl. A long DIR goes through /proc/self/fd: then *DIRFD has to stay open until
 * bind or connect are done, else it is -1. Negative: errno. */
int ctl_address(const char *dir, struct sockaddr_un *sa, int *dirfd);
/* A non-blocking descriptor, or -1 with errno. */
int ctl_connect(const char *dir);

void ctl_request_line(struct str *out, uint64_t seq, const char *verb, const char *const *args,
		      int nargs);
/* TEXT as the last word of a line: control characters become blanks. */
void ctl_add_text(struct str *out, const char *text);
/* A number and the blank behind it. */
bool ctl_take_number(const char **p, uint64_t *n);
/* "SEQ ok [TEXT]", "SEQ err TEXT"; TEXT points into LINE. */
bool ctl_parse_reply(const char *line, uint64_t *seq, bool *ok, const char **text);

enum ctl_got { CTL_GOT, CTL_GOT_END, CTL_GOT_GARBAGE };
/* Reads what is there and gives FN each whole line. FN returns false to call it off (then nothing
 * of IN is touched). */
enum ctl_got ctl_read_lines(int fd, struct str *in, bool (*fn)(void *ctx, char *line), void *ctx);

#endif
