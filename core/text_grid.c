/* A table is known by what only its kind has: a box by the rules above and below it (text_box.c),
 * columns by a line of names the first of which counts: they are rows one by one under these. */
#include "core/text_grid.h"

#include "core/num.h"
#include "core/role.h"
#include "core/table.h"
#include "core/text_number.h"
#include "core/text_word.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = TEXT_GRID_COLUMNS, MAX_NAME = TEXT_GRID_NAME };

void
text_grid_release(struct text_grid *g)
{
	str_release(&g->group);
	str_release(&g->header);
	text_row_release(&g->box);
}

/* Bytes of the bar at P: | or one of those that boxes are drawn with; 0: there is none. */
static size_t
bar_at(const char *p, const char *end)
{
	if (p < end && *p == '|')
		return 1;
	if (end - p < 3 || (unsigned char)*p != 0xE2)
		return 0;
	return !memcmp(p, "│", 3) || !memcmp(p, "┃", 3) || !memcmp(p, "║", 3) ? 3 : 0;
}

/* -- columns ---------------------------------------------------------------------------------- */

static const char *
next_token(const char **p, const char *end)
{
	while (*p < end && text_is_blank(**p))
		++*p;
	const char *from = *p;
	while (*p < end && !text_is_blank(**p))
		++*p;
	return from;
}

/* The next name of the header stands at [FROM, TO) of the line whose first byte is P. */
static void
set_span(struct text_grid *g, unsigned column, const char *p, const char *from, const char *to,
	 size_t indent)
{
	size_t at = (size_t)(from - p) + indent, end = (size_t)(to - p) + indent;
	g->span[column].from = (uint16_t)(at < UINT16_MAX ? at : UINT16_MAX);
	g->span[column].to = (uint16_t)(end < UINT16_MAX ? end : UINT16_MAX);
}

static bool
token_is(const char *p, const char *end, const char *word)
{
	return strlen(word) == (size_t)(end - p) && !strncasecmp(p, word, (size_t)(end - p));
}

/* "mAP@.5:.95:", "Box(P", "mAP50-95)" without what is none of the name; behind a second such
 * bracket, "Mask(P", it stands in front. */
static void
add_name(struct text_grid *g, const char *from, const char *to)
{
	const char *open = memchr(from, '(', (size_t)(to - from));
	if (open && open + 1 < to && !memchr(open, ')', (size_t)(to - open))) {
		g->ngroup = g->grouped && (size_t)(open - from) < sizeof g->columns_group
				    ? (unsigned)(open - from)
				    : 0;
		memcpy(g->columns_group, from, g->ngroup);
		g->grouped = true;
		from = open + 1;
	}
	if (g->ngroup) {
		str_add(&g->header, g->columns_group, g->ngroup);
		str_addc(&g->header, '/');
	}
	while (to > from && (to[-1] == ':' || to[-1] == ')'))
		to--;
	str_add(&g->header, from, (size_t)(to - from));
	str_addc(&g->header, '\0');
	g->columns++;
}

/* The next name of [*P, END): names that two blanks part may have blanks within. */
static const char *
next_phrase(const char **p, const char *end)
{
	while (*p < end && text_is_blank(**p))
		++*p;
	const char *from = *p;
	while (*p < end &&
	       !(text_is_blank(**p) && (**p == '\t' || *p + 1 == end || text_is_blank((*p)[1]))))
		++*p;
	return from;
}

static bool
counts(const char *p, const char *end)
{
	const struct text_step_word *w = p < end ? text_step_word(p, end, false) : NULL;
	return w && w->counts != TEXT_COUNTS_BATCHES;
}

/* "Iter       Train Loss      OOB Improve", and spaCy's "E    #       LOSS TOK2VEC  TAG_ACC": some
 * name has a blank, the first counts, and a trainer would use one of the others. */
static bool
read_phrases(struct text_grid *g, const char *p, const char *end, size_t indent)
{
	const char *at = p, *from = next_phrase(&at, end);
	struct str names = STR_INIT;
	unsigned columns = 0;
	bool telling = false, blank = false;
	bool spacy = at - from == 1 && *from == 'E' && *text_skip_blanks(at, end) == '#';
	if ((!spacy && !counts(from, at)) || memchr(p, ':', (size_t)(end - p)) ||
	    memchr(p, '|', (size_t)(end - p)) || memchr(p, '=', (size_t)(end - p)))
		return false;
	for (at = p; columns < MAX_COLUMNS; columns++) {
		char name[MAX_NAME];
		from = next_phrase(&at, end);
		size_t n = (size_t)(at - from);
		if (!n || n >= sizeof name || isdigit((unsigned char)*from))
			break;
		memcpy(name, from, n);
		name[n] = '\0';
		telling = telling || (columns && metric_name_known(name));
		blank = blank || memchr(name, ' ', n);
		str_add(&names, name, n);
		str_addc(&names, '\0');
	}
	bool ok = from == at && columns >= 3 && telling && (blank || spacy);
	if (ok) {
		at = p;
		for (unsigned i = 0; i < columns; i++) {
			from = next_phrase(&at, end);
			set_span(g, i, p, from, at, indent);
		}
		str_reset(&g->header);
		str_add(&g->header, str_c(&names), names.len);
		g->columns = columns;
		g->classes = g->barred = false;
	}
	str_release(&names);
	return ok;
}

/* ParlAI's tables have their step in one of the last columns, by this name. */
static bool
names_updates(const char *p, const char *end)
{
	static const char name[] = " total_train_updates";
	return end - p > 40 && islower((unsigned char)*p) &&
	       memmem(p, (size_t)(end - p), name, sizeof name - 1);
}

/* A line of names, the first of which counts or is Class, with one that a trainer would use. */
static bool
read_header(struct text_grid *g, const char *p, const char *end, size_t indent)
{
	const char *line = p;
	if (*p == '#')
		p = text_skip_blanks(p + 1, end);
	if (p == end)
		return false;
	if (read_phrases(g, p, end, indent + (size_t)(p - line)))
		return true;
	static const char *const known[] = {"gpu_mem", "GPU_mem", "mAP@.5", "train_loss"};
	const char *at = p, *from = next_token(&at, end);
	bool classes = token_is(from, at, "class") || token_is(from, at, "classes");
	if (!classes && !token_is(from, at, "epoch") && !token_is(from, at, "step") &&
	    !token_is(from, at, "iter") && !token_is(from, at, "iteration") &&
	    !names_updates(p, end))
		return false;
	struct text_grid was = *g;
	bool telling = false;
	unsigned columns = 0;
	g->header = (struct str)STR_INIT;
	g->columns = g->ngroup = 0;
	g->grouped = false;
	for (at = p; columns < MAX_COLUMNS; columns++) {
		char name[MAX_NAME];
		from = next_token(&at, end);
		if (from == at)
			break;
		size_t n = (size_t)(at - from);
		if (n >= sizeof name || isdigit((unsigned char)*from) || strchr("|=[-", *from) ||
		    from[n - 1] == ',' || (from[n - 1] == ':' && !columns))
			break;
		memcpy(name, from, n);
		name[n] = '\0';
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			telling = telling || !strcmp(name, known[i]);
		telling = telling || metric_name_known(name) || !strncmp(name, "mAP", 3);
		set_span(g, columns, line, from, at, indent);
		add_name(g, from, at);
		if (from[n - 1] == ':') { /* a progress bar stands behind it */
			columns++;
			from = at;
			break;
		}
	}
	if (telling && columns >= 3 && (from == at || classes)) {
		str_release(&was.header);
		g->classes = classes;
		g->barred = false;
		return true;
	}
	str_release(&g->header);
	g->header = was.header;
	g->columns = was.columns;
	memcpy(g->span, was.span, sizeof g->span);
	return false;
}

/* "valid:", alone in its line. */
static bool
is_part_alone(const char *p, const char *end)
{
	return end - p > 4 && end - p < 12 && end[-1] == ':' &&
	       text_is_split(p, (size_t)(end - p - 1));
}

bool
text_grid_begins(const char *p, const char *end)
{
	static const char *const words[] = {"class", "classes", "epoch",    "step",
					    "iter",  "e",       "iteration"};
	if (*p == '-' || *p == '#' || bar_at(p, end) || names_updates(p, end) ||
	    is_part_alone(p, end))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);
		if ((*p | 0x20) == *words[i] && (size_t)(end - p) > n && text_is_blank(p[n]) &&
		    !strncasecmp(p, words[i], n))
			return true;
	}
	return false;
}

static bool
is_no_metric(const char *name)
{
	static const char *const names[] = {"img_size", "Size",   "time",
					    "Images",   "Labels", "Instances",
					    "Targets",  "Class",  "Remaining Time"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Behind a column of epochs: spaCy's '#', Chainer's iteration. */
static bool
is_step_column(const struct text_grid *g, const char *name)
{
	static const char *const steps[] = {"#", "step", "iteration", "iter", "global_step"};
	const char *first = str_c(&g->header);
	const struct text_step_word *w = text_step_word(first, first + strlen(first), false);
	bool epochs = (*first == 'E' && !first[1]) || (w && w->counts == TEXT_COUNTS_EPOCHS);
	for (size_t i = 0; epochs && i < sizeof steps / sizeof *steps; i++)
		if (!strcasecmp(name, steps[i]))
			return true;
	return false;
}

/* N is what the column called NAME counts. */
static void
set_counts(struct text_row *r, const char *name, struct text_count n)
{
	const struct text_step_word *w = text_step_word(name, name + strlen(name), false);
	if (w && w->counts == TEXT_COUNTS_STEPS)
		r->step = n;
	else
		r->epoch = n;
}

/* The column that [FROM, TO) stands under, from COLUMN on; COLUMNS: under none, or not surely. */
static unsigned
column_of(const struct text_grid *g, unsigned column, size_t from, size_t to)
{
	for (; column < g->columns; column++) {
		/* set flush with its name on either side, or across it */
		bool under = from < g->span[column].to && to > g->span[column].from;
		bool next = column + 1 < g->columns && from < g->span[column + 1].to &&
			    to > g->span[column + 1].from;
		if (under)
			return next ? g->columns : column;
	}
	return column;
}

/* A row some of whose cells may be empty, or hold a mark: each number is of the name above it. */
static enum grid_line
read_aligned(struct text_grid *g, struct text_row *r, const char *p, const char *end, size_t indent)
{
	const char *names[MAX_COLUMNS], *name = str_c(&g->header), *at = p, *from;
	unsigned column = 0, best = STEP_RANKS;
	const char *epoch = NULL;
	for (unsigned i = 0; i < g->columns; i++, name += strlen(name) + 1)
		names[i] = name;
	text_row_reset(r);
	if (*g->part)
		text_row_prefix(r, g->part, strlen(g->part));
	while ((from = next_token(&at, end)) < at) {
		struct text_count n = {.is = true};
		enum step_unit unit;
		double v;
		unsigned i = column_of(g, column, (size_t)(from - p) + indent,
				       (size_t)(at - p) + indent);
		if (i == g->columns || (!i && column))
			return GRID_NOT;
		column = i + 1;
		if (text_number(from, at, &v) != at) {
			if (at - from == 1 || text_duration(from, at, &v) == at)
				continue; /* '+' of the best so far */
			return GRID_NOT;
		}
		name = names[i];
		unsigned rank = !strcmp(name, "total_train_updates")
					? (unit = STEP_STEP, 0)
					: step_rank(STEPS_CSV, name, strlen(name), &unit);
		if (rank < STEP_RANKS && v >= 0 && num_to_step(v, &n.n)) {
			if (unit == STEP_EPOCH) {
				r->epoch = n;
				epoch = name;
			} else if (rank < best) {
				best = rank;
				r->step = n;
				r->step_rank = 0;
			}
		} else if (!is_no_metric(name)) {
			text_row_add(r, name, strlen(name), v);
		}
	}
	if (!(r->step.is || r->epoch.is) || !r->n)
		return GRID_NOT;
	if (r->step.is && epoch) {
		text_row_add(r, epoch, strlen(epoch), (double)r->epoch.n);
		r->epoch = (struct text_count){0};
	}
	r->sure = true;
	return GRID_ROW;
}

/* The last number may end in ':' with a progress bar behind it. */
static enum grid_line
read_columns(struct text_grid *g, struct text_row *r, const char *p, const char *end)
{
	const char *at = p, *from = next_token(&at, end), *name = str_c(&g->header);
	struct text_count epoch = {.is = true}, step = {0};
	double v;
	text_row_reset(r);
	if (g->classes) {
		if (!token_is(from, at, "all"))
			return GRID_NOT;
	} else {
		const char *q = text_number(from, at, &v);
		if (!q || !num_to_step(v, &epoch.n) || epoch.n < 0)
			return GRID_NOT;
		if (q < at && (*q != '/' || !(q = text_number(q + 1, at, &v)) || q != at ||
			       !num_to_step(v, &epoch.total)))
			return GRID_NOT;
	}
	unsigned column = 1;
	bool bar = false;
	for (; column < g->columns; column++) {
		name += strlen(name) + 1;
		from = next_token(&at, end);
		const char *to = at;
		if (from == at)
			break;
		if (to[-1] == ':') {
			to--;
			bar = true;
		}
		double s;
		const char *q = text_number(from, to, &v);
		if (q == to && !step.is && is_step_column(g, name) && num_to_step(v, &step.n)) {
			step.is = true;
			text_row_add(r, str_c(&g->header), strlen(str_c(&g->header)),
				     (double)epoch.n);
		} else if (q == to && !is_no_metric(name))
			text_row_add(r, name, strlen(name), v);
		else if (q != to && text_duration(from, to, &s) != to)
			return GRID_NOT;
		if (bar) {
			column++;
			break;
		}
	}
	from = next_token(&at, end);
	if (column < g->columns || (from < at && !bar) || !r->n)
		return GRID_NOT;
	if (!g->classes) {
		if (step.is)
			r->step = step;
		else
			set_counts(r, str_c(&g->header), epoch);
		r->bar = bar;
		r->bar_key = TEXT_BAR_COLUMNS;
		r->bar_done = bar && from < at && *from == '1' && at - from >= 4 &&
			      !memcmp(from, "100%", 4);
	}
	r->sure = true;
	return GRID_ROW;
}

/* -- columns between bars ---------------------------------------------------------------------- */

/* The next cell of [*P, END): its bounds, blanks stripped. A bar ends it, or in a line that is OPEN
 * the line's end. False: there is none. */
static bool
next_cell(const char **p, const char *end, bool open, const char **from, const char **to)
{
	const char *q = *p;
	size_t bar = 0;
	while (q < end && !(bar = bar_at(q, end)))
		q++;
	if (!bar && (!open || *p == end))
		return false;
	*from = text_skip_blanks(*p, q);
	for (*to = q; *to > *from && text_is_blank((*to)[-1]); --*to)
		;
	*p = q + bar;
	return true;
}

/* "| Epoch | Train Loss | Val Loss |". */
static bool
read_barred_header(struct text_grid *g, const char *p, const char *end, bool open)
{
	struct str names = STR_INIT;
	const char *from, *to;
	unsigned columns = 0;
	bool counted = false, telling = false;
	while (columns < MAX_COLUMNS && next_cell(&p, end, open, &from, &to)) {
		char name[MAX_NAME];
		size_t n = (size_t)(to - from);
		if (!n || n >= sizeof name || isdigit((unsigned char)*from) || *from == '-')
			break;
		memcpy(name, from, n);
		name[n] = '\0';
		counted = counted || counts(from, to);
		telling = telling || metric_name_known(name);
		str_add(&names, name, n);
		str_addc(&names, '\0');
		columns++;
	}
	bool ok = p == end && columns >= 2 && counted && telling;
	if (ok) {
		str_reset(&g->header);
		str_add(&g->header, str_c(&names), names.len);
		g->columns = columns;
		g->barred = true;
		g->classes = false;
	}
	str_release(&names);
	return ok;
}

/* "|   1   | 0.5123 | 0.4123 |". */
static enum grid_line
read_barred(struct text_grid *g, struct text_row *r, const char *p, const char *end, bool open)
{
	const char *name = str_c(&g->header), *from, *to;
	unsigned column = 0;
	bool counted = false;
	text_row_reset(r);
	for (; column < g->columns && next_cell(&p, end, open, &from, &to); column++) {
		struct text_count n = {.is = true};
		double v;
		const char *q = from < to ? text_number(from, to, &v) : NULL;
		if (q && !counted && counts(name, name + strlen(name)) && v >= 0 &&
		    num_to_step(v, &n.n)) {
			if (q < to && (*q != '/' || text_number(q + 1, to, &v) != to ||
				       !num_to_step(v, &n.total)))
				break;
			set_counts(r, name, n);
			counted = true;
		} else if (q == to) {
			text_row_add(r, name, strlen(name), v);
		}
		name += strlen(name) + 1;
	}
	if (column < g->columns || p < end || !counted || !r->n)
		return GRID_NOT;
	r->sure = true;
	return GRID_ROW;
}

/* -- all of them ------------------------------------------------------------------------------ */

enum grid_line
text_grid_read(struct text_grid *g, struct text_row *r, const char *p, const char *end,
	       size_t indent)
{
	if (p == end)
		return GRID_NOT;
	if (is_part_alone(p, end)) {
		snprintf(g->next_part, sizeof g->next_part, "%.*s", (int)(end - p - 1), p);
		return GRID_NOT;
	}
	enum grid_line box = text_box_read(g, r, p, end);
	if (box != GRID_NOT)
		return box;
	size_t bar = bar_at(p, end);
	/* "step | eps | loss": bars only between */
	bool open = !bar && memchr(p, '|', (size_t)(end - p));
	if ((bar || (open && text_grid_begins(p, end))) &&
	    read_barred_header(g, p + bar, end, open))
		return GRID_PART;
	if (bar || (open && g->barred && isdigit((unsigned char)*p)))
		return g->barred ? read_barred(g, r, p + bar, end, open) : GRID_NOT;
	if (text_grid_begins(p, end) && read_header(g, p, end, indent)) {
		g->updates = names_updates(p, end);
		memcpy(g->part, g->next_part, sizeof g->part);
		*g->next_part = '\0';
		return GRID_PART;
	}
	if (g->barred)
		return GRID_NOT;
	if (!g->header.len || (!isdigit((unsigned char)*p) && *p != 'a' && *p != '.'))
		return GRID_NOT;
	enum grid_line row = g->updates ? GRID_NOT : read_columns(g, r, p, end);
	return row == GRID_NOT && !g->classes && end - p < UINT16_MAX
		       ? read_aligned(g, r, p, end, indent)
		       : row;
}

/* -- state ------------------------------------------------------------------------------------ */

void
text_grid_save(const struct text_grid *g, struct str *out)
{
	pack_u64(out, g->in_box);
	pack_u64(out, g->classes);
	pack_u64(out, g->barred);
	pack_u64(out, g->columns);
	pack_text(out, str_c(&g->header), g->header.len);
	for (unsigned i = 0; i < g->columns; i++) {
		pack_u64(out, g->span[i].from);
		pack_u64(out, g->span[i].to);
	}
	pack_u64(out, g->updates);
	pack_text(out, g->part, strlen(g->part));
	pack_text(out, g->next_part, strlen(g->next_part));
	pack_text(out, str_c(&g->group), g->group.len);
	pack_u64(out, g->box.n);
	for (size_t i = 0; i < g->box.n; i++) {
		pack_text(out, text_row_name(&g->box, g->box.pair + i), g->box.pair[i].n);
		pack_f64(out, g->box.pair[i].value);
	}
}

void
text_grid_load(struct text_grid *g, struct unpack *u)
{
	size_t n, names = 0;
	g->in_box = unpack_upto(u, 1);
	g->classes = unpack_upto(u, 1);
	g->barred = unpack_upto(u, 1);
	g->columns = (unsigned)unpack_upto(u, MAX_COLUMNS);
	const char *text = unpack_text(u, &n);
	str_reset(&g->header);
	str_add(&g->header, text, n);
	for (size_t i = 0; i < n; i++)
		names += !text[i];
	if (names != g->columns)
		u->bad = true;
	for (unsigned i = 0; i < g->columns; i++) {
		g->span[i].from = (uint16_t)unpack_upto(u, UINT16_MAX);
		g->span[i].to = (uint16_t)unpack_upto(u, UINT16_MAX);
	}
	g->updates = unpack_upto(u, 1);
	text = unpack_text(u, &n);
	snprintf(g->part, sizeof g->part, "%.*s", (int)(n < sizeof g->part ? n : 0), text);
	text = unpack_text(u, &n);
	snprintf(g->next_part, sizeof g->next_part, "%.*s", (int)(n < sizeof g->part ? n : 0),
		 text);
	text = unpack_text(u, &n);
	str_reset(&g->group);
	str_add(&g->group, text, n < MAX_NAME ? n : MAX_NAME);
	text_row_reset(&g->box);
	for (uint64_t i = unpack_upto(u, TEXT_MAX_PAIRS); i && !u->bad; i--) {
		text = unpack_text(u, &n);
		double v = unpack_f64(u);
		if (!u->bad && !memchr(text, 0, n))
			text_row_add(&g->box, text, n, v);
	}
}
