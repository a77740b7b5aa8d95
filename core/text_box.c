/* A box of names and values, known by the rules above and below it. It is a row when its last rule
 * is there, so what is half read is part of the state. */
#include "core/text_grid.h"

#include "core/num.h"
#include "core/table.h"
#include "core/text_word.h"

#include <string.h>

enum { MAX_BOX = 16384 /* bytes of names */ };

static bool
is_rule(const char *p, const char *end)
{
	if (end - p < 10)
		return false;
	for (; p < end; p++)
		if (*p != '-')
			return false;
	return true;
}

/* "| NAME | VALUE |": the two cells, blanks stripped. */
static bool
split_cells(const char *p, const char *end, const char *cell[4])
{
	if (end - p < 5 || *p != '|' || end[-1] != '|')
		return false;
	const char *mid = memchr(p + 1, '|', (size_t)(end - p - 2));
	if (!mid || memchr(mid + 1, '|', (size_t)(end - 1 - mid - 1)))
		return false;
	cell[0] = p + 1;
	cell[1] = mid;
	cell[2] = mid + 1;
	cell[3] = end - 1;
	for (int i = 0; i < 4; i += 2) {
		while (cell[i] < cell[i + 1] && text_is_blank(*cell[i]))
			cell[i]++;
		while (cell[i] < cell[i + 1] && text_is_blank(cell[i + 1][-1]))
			cell[i + 1]--;
	}
	return cell[0] < cell[1];
}

static void
add_cell(struct text_grid *g, const char *p, size_t n, double v)
{
	if (n > TEXT_GRID_NAME || g->box.names.len > MAX_BOX)
		return;
	struct str name = STR_INIT;
	str_add(&name, str_c(&g->group), g->group.len);
	str_add(&name, p, n);
	text_row_add(&g->box, str_c(&name), name.len, v);
	str_release(&name);
}

/* Only trainers have a table of these: something measured, or steps and a speed. */
static bool
box_done(struct text_grid *g, struct text_row *r)
{
	unsigned best = STEP_RANKS, telling = g->box.measured;
	size_t by = 0;
	text_row_reset(r);
	for (size_t i = 0; i < g->box.n; i++) {
		const struct text_pair *p = g->box.pair + i;
		const char *name = text_row_name(&g->box, p);
		enum step_unit unit;
		int64_t step;
		unsigned rank = step_rank(STEPS_CSV, name, p->n, &unit);
		telling += !strcmp(name, "time/fps") || !strcmp(name, "time/total_timesteps") ||
			   !strcmp(name, "fps") || !strcmp(name, "TotalEnvInteracts");
		if (rank >= best || !num_to_step(p->value, &step) || step < 0)
			continue;
		best = rank;
		by = i;
		struct text_count c = {.is = true, .n = step};
		r->step = unit == STEP_EPOCH ? (struct text_count){0} : c;
		r->epoch = unit == STEP_EPOCH ? c : (struct text_count){0};
	}
	for (size_t i = 0; telling && i < g->box.n; i++)
		if (best == STEP_RANKS || i != by)
			text_row_add(r, text_row_name(&g->box, g->box.pair + i), g->box.pair[i].n,
				     g->box.pair[i].value);
	r->counted = !r->step.is && !r->epoch.is;
	r->sure = r->n > 0;
	text_row_reset(&g->box);
	str_reset(&g->group);
	return r->sure;
}

enum grid_line
text_box_read(struct text_grid *g, struct text_row *r, const char *p, const char *end)
{
	const char *cell[4];
	double v;
	if (*p == '-' && is_rule(p, end)) {
		bool row = g->in_box && g->box.n && box_done(g, r);
		g->in_box = true;
		text_row_reset(&g->box);
		str_reset(&g->group);
		return row ? GRID_ROW : GRID_PART;
	}
	if (!g->in_box)
		return GRID_NOT;
	if (*p != '|' || !split_cells(p, end, cell)) {
		g->in_box = false;
		bool row = g->box.n && box_done(g, r);
		text_row_reset(&g->box);
		return row ? GRID_ENDED : GRID_NOT;
	}
	size_t n = (size_t)(cell[1] - cell[0]);
	if (cell[2] == cell[3] && cell[1][-1] == '/' && n <= TEXT_GRID_NAME) {
		str_reset(&g->group);
		str_add(&g->group, cell[0], n);
	} else if (num_parse_all(cell[2], cell[3], &v)) {
		add_cell(g, cell[0], n, v);
	}
	return GRID_PART;
}
