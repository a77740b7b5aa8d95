/* supervisor.h - tells whoever started us how we are: systemd's notify protocol (sd_notify(3)), a
 * datagram to $NOTIFY_SOCKET, without a library. Where there is no such socket it does nothing. */
#ifndef TUI_SUPERVISOR_H
#define TUI_SUPERVISOR_H

#include "core/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct supervisor;

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: what we start is not
 * what is supervised. With a watchdog the loop itself says that it turns, twice as often as asked
 * for. */
struct supervisor *supervisor_new(struct loop *l);
void supervisor_free(struct supervisor *s);
/* Lines like "READY=1", "STOPPING=1", "RELOADING=1". False: it could not be sent. */
bool supervisor_say(struct supervisor *s, const char *lines);
/* "STATUS=…": one line for a person; said only when it is another one. */
void supervisor_status(struct supervisor *s, const char *text);

#endif
