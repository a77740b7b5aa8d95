/* A time is read from the line, or from the nearest line before it that has one: a traceback was
 * written when its first line was. Where there is none near, from the next one
 * behind; at last from how far down in the file it stands. Of lines that share a time it is
 * remembered from where to where, so that going back through a long table reads nothing twice. */
#include "core/log_merge_own.h"

#include "core/text_line.h"

#include <string.h>
#include <sys/stat.h>

#define NO_TIME INT64_MIN

enum {
	NEAR = 32 << 10, /* bytes in which a time is looked for */
	LONG = 64 << 10,
	HALVED = 4 << 10, /* bytes that are read line by line when halving is over */
};

static int64_t
own_time(struct log_merge *g, struct merge_file *m, uint64_t start, uint64_t end)
{
	const char *p;
	struct text_line l;
	size_t n = log_file_line(&m->f, start, end, &p);
	str_reset(&g->clean);
	text_clean(&g->clean, p, p + (n < LONG ? n : LONG));
	text_line_read(&l, str_c(&g->clean), str_c(&g->clean) + g->clean.len, g->tz_offset_s,
		       g->now_us);
	return l.wall_us ? l.wall_us : NO_TIME;
}

static int64_t
spread(const struct merge_file *m, uint64_t at)
{
	if (at >= m->to || m->to == 0)
		return m->to_us;
	double part = (double)at / (double)m->to;
	return m->from_us + (int64_t)(part * (double)(m->to_us - m->from_us));
}

static void
remember(struct merge_file *m, uint64_t from, uint64_t to, int64_t us)
{
	m->stamp_from = from;
	m->stamp_to = to;
	m->stamp_us = us;
}

int64_t
merge_time(struct log_merge *g, struct merge_file *m, uint64_t start)
{
	int64_t us = NO_TIME;
	if (m->timeless)
		return spread(m, start);
	if (m->stamp_to > m->stamp_from && start >= m->stamp_from && start < m->stamp_to)
		return m->stamp_us;
	uint64_t at = start, end = log_file_end(&m->f, start), behind = end;
	while (start - at <= NEAR) {
		us = own_time(g, m, at, end);
		if (us != NO_TIME) {
			remember(m, at, behind, us);
			return us;
		}
		if (at == 0)
			break;
		if (at == m->stamp_to && m->stamp_to > m->stamp_from) {
			m->stamp_to = behind;
			return m->stamp_us;
		}
		end = at;
		at = log_file_start(&m->f, at - 1);
	}
	for (uint64_t to = behind; us == NO_TIME && to < m->end && to - start <= NEAR;) {
		uint64_t next = log_file_end(&m->f, to);
		us = own_time(g, m, to, next);
		to = next;
	}
	if (us == NO_TIME)
		return spread(m, start);
	remember(m, at, behind, us);
	return us;
}

uint64_t
merge_seek(struct log_merge *g, struct merge_file *m, uint64_t lo, uint64_t hi, int64_t us,
	   bool also)
{
	uint64_t top = hi;
	while (hi - lo > HALVED) {
		uint64_t mid = log_file_start(&m->f, lo + (hi - lo) / 2);
		if (mid <= lo)
			break;
		int64_t at = merge_time(g, m, mid);
		bool after = also ? at >= us : at > us;
		*(after ? &hi : &lo) = mid;
	}
	while (lo < top) {
		int64_t at = merge_time(g, m, lo);
		if (also ? at >= us : at > us)
			break;
		lo = log_file_end(&m->f, lo);
	}
	return lo < top ? lo : top;
}

/* -- files without times ---------------------------------------------------------------------- */

static int64_t
changed_us(const struct merge_file *m)
{
	struct stat st;
	if (fstat(m->f.fd, &st) < 0)
		return 0;
	return st.st_mtim.tv_sec * INT64_C(1000000) + st.st_mtim.tv_nsec / 1000;
}

static int64_t
first_time(struct log_merge *g, struct merge_file *m)
{
	int64_t us = NO_TIME;
	for (uint64_t at = 0, end; us == NO_TIME && at < m->end && at < NEAR; at = end) {
		end = log_file_end(&m->f, at);
		us = own_time(g, m, at, end);
	}
	return us;
}

static bool
has_time(struct log_merge *g, struct merge_file *m)
{
	int64_t us = first_time(g, m);
	uint64_t at = m->end;
	while (us == NO_TIME && at > 0 && m->end - at < NEAR) {
		uint64_t start = log_file_start(&m->f, at - 1);
		us = own_time(g, m, start, at);
		at = start;
	}
	return us != NO_TIME;
}

void
merge_judge(struct log_merge *g)
{
	enum { BEFORE_S = 3600 };
	int64_t from = INT64_MAX, first = INT64_MAX;
	bool any = false;
	for (size_t i = 0; i < g->n; i++) {
		struct merge_file *m = &g->file[i];
		if (m->judged || !m->known || !m->end)
			continue;
		any = true;
		m->timeless = !has_time(g, m);
	}
	for (size_t i = 0; i < g->n && any; i++) {
		struct merge_file *m = &g->file[i];
		if (!m->known || !m->end)
			continue;
		int64_t us = m->timeless ? NO_TIME : first_time(g, m);
		int64_t changed = changed_us(m);
		if (us != NO_TIME && us < from)
			from = us;
		if (changed < first)
			first = changed;
	}
	if (from > first)
		from = first - BEFORE_S * INT64_C(1000000);
	for (size_t i = 0; i < g->n && any; i++) {
		struct merge_file *m = &g->file[i];
		if (m->judged || !m->known || !m->end)
			continue;
		m->judged = true;
		m->from_us = from;
		m->to_us = changed_us(m);
		m->to = m->begun ? 0 : m->end;
	}
}
