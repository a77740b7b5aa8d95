/* drawn.c - which runs the charts show, and in what colours.
 *
 * The run under the cursor, those that a person pinned, then live ones in the order of the list,
 * at most as many as there are colours. A folded directory under the cursor stands for its newest
 * runs, live ones first; what is live in other folded directories comes last. A colour stays with
 * its run: who is drawn already keeps it, who comes back gets his old one unless somebody else
 * wears it, who is new gets the one that the fewest runs remember. */
#include "tui/model_own.h"

#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof((struct model_own *)0)->drawn / sizeof(int) == STYLE_NRUNS,
	       "room for every colour");

static void
add(struct model *m, int run)
{
	struct model_own *o = m->own;
	for (int i = 0; i < o->ndrawn; i++)
		if (o->drawn[i] == run)
			return;
	if (o->ndrawn < STYLE_NRUNS)
		o->drawn[o->ndrawn++] = run;
}

/* The newest runs below DIR ("" for all), newest first, as far as there is room. */
static void
add_newest(struct model *m, const char *dir, bool live)
{
	int best[STYLE_NRUNS], n = 0;
	size_t len = strlen(dir);
	for (int i = 0; i < m->nruns; i++) {
		const struct model_run *r = &m->run[i];
		if (r->unpinned || r->live != live || strncmp(r->info.path, dir, len) != 0)
			continue;
		int at = n < STYLE_NRUNS ? n++ : n;
		while (at > 0 && m->run[best[at - 1]].info.first_us < r->info.first_us) {
			if (at < STYLE_NRUNS)
				best[at] = best[at - 1];
			at--;
		}
		if (at < STYLE_NRUNS)
			best[at] = i;
	}
	for (int i = 0; i < n; i++)
		add(m, best[i]);
}

uint32_t
model_letter(const struct model_run *r)
{
	uint32_t base = r->pinned ? 'A' : 'a';
	return r->color >= 0 ? base + (uint32_t)r->color : ' ';
}

/* How many runs remember each colour. */
static void
count_colors(const struct model *m, int *remember)
{
	memset(remember, 0, STYLE_NRUNS * sizeof *remember);
	for (int i = 0; i < m->nruns; i++)
		if (m->run[i].color >= 0)
			remember[m->run[i].color]++;
}

/* REMEMBER is counted when it is first needed: there may be very many runs. */
struct palette {
	unsigned taken;
	bool counted;
	int remember[STYLE_NRUNS];
};

static void
choose_color(const struct model *m, struct model_run *r, struct palette *p)
{
	int best = -1;
	if (r->color >= 0 && !(p->taken & 1u << r->color)) {
		p->taken |= 1u << r->color;
		return;
	}
	if (!p->counted)
		count_colors(m, p->remember);
	p->counted = true;
	for (int c = 0; c < STYLE_NRUNS; c++)
		if (!(p->taken & 1u << c) && (best < 0 || p->remember[c] < p->remember[best]))
			best = c;
	if (r->color >= 0)
		p->remember[r->color]--;
	p->remember[best]++;
	r->color = best;
	p->taken |= 1u << best;
}

/* What of all runs decides who is drawn, in one look. */
struct look {
	bool pinned, live;          /* some run is */
	int was[STYLE_NRUNS], nwas; /* drawn until now */
};

static struct look
look_at_all(const struct model *m)
{
	struct look l = {.nwas = 0};
	for (int i = 0; i < m->nruns; i++) {
		l.pinned |= m->run[i].pinned;
		l.live |= m->run[i].live;
		if (m->run[i].drawn && l.nwas < STYLE_NRUNS)
			l.was[l.nwas++] = i;
	}
	return l;
}

void
drawn_choose(struct model *m)
{
	struct model_own *o = m->own;
	struct model_run *top = model_cursor_run(m);
	struct look look = look_at_all(m);
	o->ndrawn = 0;
	if (top)
		add(m, (int)(top - m->run));
	/* Pinned ones in order of path: nobody unpins himself by sorting. */
	for (int i = 0; look.pinned && i < m->nruns; i++)
		if (m->run[o->by_path[i]].pinned)
			add(m, o->by_path[i]);
	const struct model_row *row = m->cursor < m->nrows ? &m->row[m->cursor] : NULL;
	if (row && row->run < 0 && row->dir->folded) {
		if (look.live)
			add_newest(m, row->dir->path, true);
		add_newest(m, row->dir->path, false);
	}
	for (int i = 0; look.live && i < m->nrows && o->ndrawn < STYLE_NRUNS; i++) {
		const struct model_run *r = m->row[i].run < 0 ? NULL : &m->run[m->row[i].run];
		if (r && r->live && !r->unpinned)
			add(m, m->row[i].run);
	}
	if (look.live && !m->filter && o->ndrawn < STYLE_NRUNS)
		add_newest(m, "", true);
	struct palette p = {.taken = 0};
	for (int pass = 0; pass < 2; pass++) /* first those that were drawn before */
		for (int i = 0; i < o->ndrawn; i++)
			if (m->run[o->drawn[i]].drawn == !pass)
				choose_color(m, &m->run[o->drawn[i]], &p);
	for (int i = 0; i < look.nwas; i++)
		m->run[look.was[i]].drawn = false;
	for (int i = 0; i < o->ndrawn; i++)
		m->run[o->drawn[i]].drawn = true;
	if (top && o->ndrawn > 1) { /* drawn last, it lies on top */
		memmove(o->drawn, o->drawn + 1, (size_t)(o->ndrawn - 1) * sizeof *o->drawn);
		o->drawn[o->ndrawn - 1] = (int)(top - m->run);
	}
}

int
model_drawn(const struct model *m, int *out)
{
	memcpy(out, m->own->drawn, (size_t)m->own->ndrawn * sizeof *out);
	return m->own->ndrawn;
}
