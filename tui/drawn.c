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
_Static_assert(sizeof((struct model_own *)0)->remember / sizeof(int) == STYLE_NRUNS,
	       "a count for every colour");

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

/* Puts RUN among the N newest, BEST, if it is one of them; returns how many there are then. */
static int
place_newest(const struct model *m, int *best, int n, int run)
{
	int at = n < STYLE_NRUNS ? n++ : n;
	while (at > 0 && m->run[best[at - 1]].info.first_us < m->run[run].info.first_us) {
		if (at < STYLE_NRUNS)
			best[at] = best[at - 1];
		at--;
	}
	if (at < STYLE_NRUNS)
		best[at] = run;
	return n;
}

/* The newest runs below DIR ("" for all), newest first, as far as there is room. */
static void
add_newest(struct model *m, const char *dir, bool live)
{
	int best[STYLE_NRUNS], n = 0, some = m->nruns;
	const int *run = live ? roster_unsettled(m, &some) : NULL; /* what is live is among them */
	size_t len = strlen(dir);
	for (int i = 0; i < some; i++) {
		int at = run ? run[i] : i;
		const struct model_run *r = &m->run[at];
		if (!r->unpinned && r->live == live && strncmp(r->info.path, dir, len) == 0)
			n = place_newest(m, best, n, at);
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

/* How many runs remember each colour, and how many are pinned: counted again only when runs were
 * forgotten, for there may be very many. */
static void
count_all(struct model *m)
{
	struct model_own *o = m->own;
	if (o->counted_in == m->generation)
		return;
	memset(o->remember, 0, sizeof o->remember);
	o->npinned = 0;
	for (int i = 0; i < m->nruns; i++) {
		if (m->run[i].color >= 0)
			o->remember[m->run[i].color]++;
		o->npinned += m->run[i].pinned;
	}
	o->counted_in = m->generation;
}

void
drawn_pin(struct model *m, struct model_run *r, bool pinned, bool unpinned)
{
	m->own->npinned += pinned - r->pinned;
	r->pinned = pinned;
	r->unpinned = unpinned;
}

static void
choose_color(struct model *m, struct model_run *r, unsigned *taken)
{
	int *remember = m->own->remember, best = -1;
	if (r->color >= 0 && !(*taken & 1u << r->color)) {
		*taken |= 1u << r->color;
		return;
	}
	for (int c = 0; c < STYLE_NRUNS; c++)
		if (!(*taken & 1u << c) && (best < 0 || remember[c] < remember[best]))
			best = c;
	if (r->color >= 0)
		remember[r->color]--;
	remember[best]++;
	r->color = best;
	*taken |= 1u << best;
}

static bool
any_live(struct model *m)
{
	int n;
	const int *run = roster_unsettled(m, &n);
	for (int i = 0; i < n; i++)
		if (m->run[run[i]].live)
			return true;
	return false;
}

/* Pinned ones in order of path: nobody unpins himself by sorting. */
static void
add_pinned(struct model *m)
{
	const int *by_path = m->own->by_path;
	int left = m->own->npinned;
	for (int i = 0; left > 0 && i < m->nruns; i++)
		if (m->run[by_path[i]].pinned) {
			add(m, by_path[i]);
			left--;
		}
}

/* Those of the last time; when runs were forgotten they are not where they were. */
static void
forget_drawn(struct model *m, const int *was, int nwas)
{
	if (m->own->drawn_in == m->generation) {
		for (int i = 0; i < nwas; i++)
			m->run[was[i]].drawn = false;
		return;
	}
	for (int i = 0; i < m->nruns; i++)
		m->run[i].drawn = false;
	m->own->drawn_in = m->generation;
}

void
drawn_choose(struct model *m)
{
	struct model_own *o = m->own;
	struct model_run *top = model_cursor_run(m);
	bool live = any_live(m);
	int was[STYLE_NRUNS], nwas = model_drawn(m, was);
	count_all(m);
	o->ndrawn = 0;
	if (top)
		add(m, (int)(top - m->run));
	add_pinned(m);
	const struct model_row *row = m->cursor < m->nrows ? &m->row[m->cursor] : NULL;
	if (row && row->run < 0 && row->dir->folded) {
		if (live)
			add_newest(m, row->dir->path, true);
		add_newest(m, row->dir->path, false);
	}
	for (int i = 0; live && i < m->nrows && o->ndrawn < STYLE_NRUNS; i++) {
		const struct model_run *r = m->row[i].run < 0 ? NULL : &m->run[m->row[i].run];
		if (r && r->live && !r->unpinned)
			add(m, m->row[i].run);
	}
	if (live && !m->filter && o->ndrawn < STYLE_NRUNS)
		add_newest(m, "", true);
	unsigned taken = 0;
	for (int pass = 0; pass < 2; pass++) /* first those that were drawn before */
		for (int i = 0; i < o->ndrawn; i++)
			if (m->run[o->drawn[i]].drawn == !pass)
				choose_color(m, &m->run[o->drawn[i]], &taken);
	forget_drawn(m, was, nwas);
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
