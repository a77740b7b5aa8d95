#include "core/judge_missed.h"

#include "core/xalloc.h"

#include <stdlib.h>

struct judging {
	const struct missed *m;
	uint32_t column;
	const char *name;
};

static int
judge_point(void *ctx, const struct point *p)
{
	const struct judging *j = ctx;
	const struct missed *m = j->m;
	uint64_t key = (uint64_t)m->log << 32 | j->column;

	/* A series may have begun in another log. */
	if (p->log != m->log || p->row < m->from)
		rules_known(m->rules, m->run, key, j->name, p);
	else
		rules_point(m->rules, m->run, m->attempt, key, j->name, p->step, p->wall_us,
			    p->value, m->historic, m->fn, m->ctx);
	return 0;
}

/* Column by column: what one says of another is only what it says at last. */
void
judge_missed(const struct missed *m)
{
	const char *name;

	for (uint32_t c = 0; (name = m->sink->ops->column_name(m->sink, m->log, c)); c++) {
		char *copy = xstrdup(name);
		struct judging j = {m, c, copy};
		rules_known(m->rules, m->run, (uint64_t)m->log << 32 | c, copy, NULL);
		m->sink->ops->point_each(m->sink, m->log, c, m->attempt, judge_point, &j);
		rules_sleep(m->rules, (uint64_t)m->log << 32 | c);
		free(copy);
	}
}
