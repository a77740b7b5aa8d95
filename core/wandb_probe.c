/* Is this a `.wandb` file? Its first seven bytes say so: a word, a number, the version. */
#include "core/probe.h"

#include <string.h>

enum probe_verdict
wandb_probe(struct probe *p)
{
	static const char magic[] = ":W&B\xE1\xBE";
	size_t n = sizeof magic - 1, have = p->nhead < n ? p->nhead : n;
	if (memcmp(p->head, magic, have))
		return PROBE_NO;
	if (have < n)
		return p->whole ? PROBE_MORE : PROBE_NO;
	/* A version of 0 is a zero byte, which a head that ends with it may lack. */
	if (p->nhead > n && p->head[n])
		return probe_say(p, PROBE_LEAVE, "W&B's format, but of a later version: %d",
				 (unsigned char)p->head[n]);
	return probe_say(p, PROBE_YES, "it begins as W&B's files do");
}
