/* orders.h - silences and acknowledgements for the ingester: the journal, followed. */
#ifndef TUI_ORDERS_H
#define TUI_ORDERS_H

#include "core/ingest.h"
#include "core/loop.h"

#include <stdint.h>

struct orders;

struct orders *orders_new(struct loop *l);
void orders_free(struct orders *o);
/* struct herald_opts.silenced, with the orders as CTX. Looks at the journal at most once a
 * second. */
int64_t orders_silenced(void *ctx, const struct alert *a, int64_t now_us);
/* From now on IN is told of what changes. */
void orders_give(struct orders *o, struct ingest *in);
/* Something may have been written: look now. */
void orders_look(struct orders *o);
/* Something was committed: while anything fires, the journal is looked at now and then, for other
 * hosts write there too and nobody says so. */
void orders_follow(struct orders *o);

#endif
