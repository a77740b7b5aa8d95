/* Is this a table, and is the table a log?
 *
 * A table has a header of names, the same delimiter in each line, and numbers under some names. It
 * is a log when a name is that of a step or an epoch, or of a metric, or when a framework fixed the
 * file's name. Anything else that is a table is somebody's data (a Kaggle train.csv has the best of
 * names) and is left alone.
 *
 * A time alone says little: prices, weather and what sensors measured have one, too. There the
 * other names have to be a machine's that trains, or the file be called as a log. A metric's name
 * that is but a word ("accuracy" is also a phone's, "loss" an insurer's) must not be one among many
 * others. Without a step or a time, texts tell against it: models and their accuracies, questions
 * and their scores are lists of things, and their rows follow nothing. */
#include "core/csv_record.h"
#include "core/name.h"
#include "core/num.h"
#include "core/probe.h"
#include "core/role.h"
#include "core/stamp.h"
#include "core/table.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { SAMPLE = 64 /* rows */ };

struct look {
	struct probe *p;
	struct cells cells;
	struct cell comment; /* the last before the first record, without its # */
	size_t n;
	int step; /* position, or -1 */
	bool by_epoch;
	int time, metric;
	int episode; /* "Episode", "Generation": it counts, but is no step */
	bool named;  /* .csv, .tsv */
	bool cut;    /* the header's end is not in the head */
	unsigned rows, good;
	bool units;             /* a name says its unit in brackets */
	bool monitor;           /* it has Stable-Baselines3's r, l and t */
	bool machine;           /* a name is that of a graphics processor's state */
	bool sure;              /* a metric's name is more than a word */
	unsigned known, others; /* names of metrics; names of neither these nor steps or times */
	bool numbers;           /* a row has one that would be a metric's */
	int64_t last_us;
	bool aimed;    /* some name has a better and a worse */
	unsigned less; /* rows whose episode is smaller than that of the one before */
	double last_episode;
	unsigned back;      /* rows that are earlier than the one before */
	unsigned fractions; /* rows whose step is none */
	unsigned dates;     /* rows whose step is so large that it counts seconds */
	unsigned still;     /* rows whose step is that of the one before */
	double last_step;
	unsigned texts; /* rows with a text that is no time */
};

static bool
is_number(const struct cell *c, char delim)
{
	double v;
	return csv_number(c->p, c->n, delim, &v);
}

/* Could it be a name somebody gave a column? In a file that isn't called .csv sentences are more
 * likely. */
static bool
is_name(const struct cell *c, bool strict)
{
	if (c->n > SOURCE_MAX_NAME || is_number(c, 0))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if ((unsigned char)c->p[i] < 0x20)
			return false;
	if (!strict)
		return true;
	return c->n <= 80 && !memmem(c->p, c->n, ": ", 2) && !memchr(c->p, '{', c->n) &&
	       !memchr(c->p, '=', c->n);
}

static bool
cell_is(const struct cell *c, const char *word)
{
	return strlen(word) == c->n && !strncasecmp(c->p, word, c->n);
}

static bool
framework_name(const struct look *k)
{
	/* results.csv and metrics.csv are everybody's: what their frameworks write has steps. So is
	 * monitor.csv, which need not be Stable-Baselines3's. */
	static const char *const names[] = {"progress.csv", "learn_error.tsv", "test_error.tsv",
					    "time_left.tsv"};
	const char *base = name_last(k->p->path);
	size_t n = strlen(base);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(base, names[i]))
			return k->time < 0 || k->texts * 2 <= k->rows;
	return n >= 11 && !strcasecmp(base + n - 11, "monitor.csv") && k->monitor;
}

/* "train/episodes": a path that begins with what trainers do. */
static bool
is_trainers_path(const char *name)
{
	static const char *const first[] = {"train",   "test", "eval",   "val",    "valid",
					    "rollout", "loss", "losses", "metrics"};
	size_t n = strcspn(name, "/");
	for (size_t i = 0; name[n] && i < sizeof first / sizeof *first; i++)
		if (strlen(first[i]) == n && !strncasecmp(name, first[i], n))
			return true;
	return false;
}

/* "f1" beside "f0" and "f2" is a feature and no score; "top1" beside "top5" stays what it is, and
 * so does what is known without its number. */
static bool
is_numbered(const struct look *k, size_t at)
{
	const struct cell *c = k->cells.at + at;
	char stem[64];
	size_t n = c->n, same = 0;
	while (n && isdigit((unsigned char)c->p[n - 1]))
		n--;
	if (n == c->n || !n || n >= sizeof stem)
		return false;
	memcpy(stem, c->p, n);
	stem[n] = '\0';
	for (size_t i = 0; i < k->n; i++) {
		const struct cell *o = k->cells.at + i;
		bool digits = o->n > n && !strncasecmp(o->p, stem, n);
		for (size_t d = n; digits && d < o->n; d++)
			digits = isdigit((unsigned char)o->p[d]);
		same += digits;
	}
	return same > 1 && n < 3 && !metric_name_known(stem);
}

static bool
counts_episodes(const char *name)
{
	static const char *const names[] = {"episode", "episodes", "generation", "gen", "round"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

/* Letters and digits alone, as in "loss" or "F1". */
static bool
is_word(const char *name)
{
	bool small = false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) || (small && isupper((unsigned char)*name)))
			return false;
		small = islower((unsigned char)*name);
	}
	return true;
}

/* More than a word, and of a training: "val_loss", not "pearson_residual". Statisticians' names
 * have points in them: "wt.loss" is a patient's. */
static bool
is_sure(const char *name)
{
	static const char *const words[] = {"train",  "val",    "loss",     "acc",
					    "reward", "return", "learning", "grad"};
	size_t n = strchr(name, '.') ? 2 : sizeof words / sizeof *words;
	for (size_t i = 0; !is_word(name) && i < n; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static bool
is_aimed(const char *name)
{
	struct metric_role role;
	metric_role(NULL, name, &role);
	return role.goal != GOAL_NONE || strcasestr(name, "score") || strcasestr(name, "fitness");
}

/* Names of the header. */
static bool
look_at_header(struct look *k, const char *p, size_t n, char delim)
{
	unsigned best = STEP_RANKS;
	size_t filled = 0;
	unsigned rlt = 0;
	k->step = k->time = k->metric = k->episode = -1;
	cells_split(&k->cells, p, n, delim);
	/* What the head cuts in two is no name. */
	k->n = k->cells.n - (k->cut && k->cells.n);
	for (size_t i = 0; i < k->n; i++) {
		const struct cell *c = k->cells.at + i;
		struct field f;
		double scale;
		filled += c->n > 0;
		k->units = k->units || (c->n > 3 && c->p[c->n - 1] == ']');
		rlt += cell_is(c, "r") || cell_is(c, "l") || cell_is(c, "t");
		if (!is_name(c, !k->named))
			return false;
		field_init(&f, STEPS_CSV, c->p, c->n);
		if (f.rank < best) {
			best = f.rank;
			k->step = (int)i;
			k->by_epoch = f.unit == STEP_EPOCH;
		}
		if (k->episode < 0 && counts_episodes(f.name))
			k->episode = (int)i;
		else if (!k->aimed)
			k->aimed = is_aimed(f.name);
		if (k->time < 0 && metric_is_time(f.name, &scale))
			k->time = (int)i;
		k->machine = k->machine || probe_names_machine(f.name);
		if (c->n && f.rank == STEP_RANKS && f.kind != FIELD_TIME) {
			bool path = is_trainers_path(f.name);
			bool known = path || (metric_name_known(f.name) && !is_numbered(k, i));
			if (known && k->metric < 0)
				k->metric = (int)i;
			k->known += known;
			k->others += !known;
			k->sure = k->sure || path || (known && is_sure(f.name));
		}
		field_release(&f);
	}
	k->monitor = rlt == 3;
	return filled > 0 && (k->n > 1 || k->named);
}

/* "280.5 W" */
static bool
is_measure(const struct cell *c)
{
	double v;
	const char *end = c->p + c->n, *unit = num_parse(c->p, end, &v);
	return unit && end - unit > 1 && end - unit < 8 && *unit == ' ' &&
	       !memchr(unit + 1, ' ', (size_t)(end - unit - 1));
}

/* A log goes forward in time, but for a restart; what was collected about people and things does
 * not. */
static void
look_at_time(struct look *k, const struct cell *c, char delim)
{
	double v;
	int64_t us = 0;
	if (!c->n)
		return;
	if (csv_number(c->p, c->n, delim, &v)) {
		if (isnan(v))
			return;
		us = v > 1e15 || v < -1e15 ? 0 : (int64_t)(v * 1000);
	} else if (!stamp_parse(c->p, c->p + c->n, 0, &us))
		return;
	k->back += k->rows > 0 && us < k->last_us;
	k->last_us = us;
}

static void
look_at_step(struct look *k, const struct cell *c, char delim)
{
	double v;
	int64_t step;
	if (!csv_number(c->p, c->n, delim, &v) || v != v)
		return;
	k->fractions += !num_to_step(v, &step);
	/* The epochs of a training are fewer. */
	k->dates += v > 3e8 && k->by_epoch;
	k->still += k->rows > 0 && v == k->last_step;
	k->last_step = v;
}

/* A word: no date, no "50%", no "[0.1, 0.2]", nothing that stands for a missing value. */
static bool
is_text(const struct cell *c)
{
	int64_t us;
	return isalpha((unsigned char)*c->p) && !csv_missing(c->p, c->n) &&
	       !(c->n == 4 && !strncasecmp(c->p, "true", 4)) &&
	       !(c->n == 5 && !strncasecmp(c->p, "false", 5)) &&
	       !stamp_parse(c->p, c->p + c->n, 0, &us);
}

static void
look_at_row(struct look *k, const char *p, size_t n, char delim)
{
	size_t numbers = 0, filled = 0;
	bool text = false;
	bool stepped = k->step < 0;
	cells_split(&k->cells, p, n, delim);
	for (size_t i = 0; i < k->cells.n; i++) {
		const struct cell *c = k->cells.at + i;
		filled += c->n > 0;
		if (!c->n)
			continue;
		if (!(is_number(c, delim) || (k->units && is_measure(c)))) {
			text = text || ((int)i != k->time && i < k->n && is_text(c));
			continue;
		}
		numbers++;
		if ((int)i == k->step)
			look_at_step(k, c, delim);
		stepped = stepped || (int)i == k->step;
		k->numbers = k->numbers || ((int)i != k->step && i < k->n);
	}
	if (!filled)
		return;
	if (k->episode >= 0 && (size_t)k->episode < k->cells.n) {
		const struct cell *c = k->cells.at + k->episode;
		double v;
		if (csv_number(c->p, c->n, delim, &v)) {
			k->less += k->rows > 0 && v < k->last_episode;
			k->last_episode = v;
		}
	}
	if (k->time >= 0 && (size_t)k->time < k->cells.n)
		look_at_time(k, k->cells.at + k->time, delim);
	k->rows++;
	k->texts += text;
	k->good += numbers && stepped && k->cells.n <= k->n + 1 && (k->cells.n > 1 || k->n == 1);
}

/* Is it a log for having a time? */
static bool
time_will_do(const struct look *k)
{
	return k->machine || k->metric >= 0 || framework_name(k) ||
	       probe_names_machine(name_last(k->p->path)) ||
	       (k->texts * 2 <= k->rows && probe_named_log(k->p));
}

static enum probe_verdict
judge(struct look *k)
{
	struct probe *p = k->p;
	bool full = p->nhead >= SOURCE_HEAD;
	if (k->back * 4 > k->rows)
		k->time = -1;
	if (k->rows && k->good * 2 < k->rows)
		return k->named ? probe_say(p, PROBE_LEAVE, "its rows don't fit its header")
				: PROBE_NO;
	/* "epoch" is also when a satellite was seen, or a number of seconds. */
	if (k->fractions * 2 > k->rows || k->dates * 2 > k->rows)
		k->step = -1;
	/* What happened to many at each step of a simulation. */
	if (k->metric < 0 && k->texts * 2 > k->rows && k->still * 2 > k->rows)
		k->step = -1;
	if (k->metric >= 0 && !k->sure && k->known <= k->others / 2 && !probe_named_log(p))
		k->metric = -1;
	if (k->time >= 0 && !time_will_do(k))
		k->time = -1;
	bool things = k->texts * 2 > k->rows && k->step < 0 && k->time < 0;
	if (things && !p->forced)
		return k->named ? probe_say(p, PROBE_LEAVE, "a table of things: texts, and no step")
				: PROBE_NO;
	bool episodes = k->episode == 0 && k->aimed && k->less <= 1;
	if (!p->forced && k->step < 0 && k->time < 0 && k->metric < 0 && !episodes &&
	    !framework_name(k)) {
		if (!k->rows && !k->named)
			return PROBE_NO;
		return probe_say(p, PROBE_LEAVE, "a table without a step, time or metric column");
	}
	/* A header alone has no points, and the first line of a text may look like one. */
	if (!k->numbers && !(full && k->named))
		return probe_say(p, full ? PROBE_LEAVE : PROBE_MORE, "a table without numbers%s",
				 full ? "" : " so far");
	if (p->forced)
		return probe_say(p, PROBE_YES, "[source] include names it");
	if (k->step >= 0)
		return probe_say(p, PROBE_YES, "its header has a step column");
	if (k->time >= 0)
		return probe_say(p, PROBE_YES, "its header has a time column");
	if (k->metric >= 0)
		return probe_say(p, PROBE_YES, "its header has a metric's name");
	if (episodes)
		return probe_say(p, PROBE_YES, "its header counts episodes");
	return probe_say(p, PROBE_YES, "a framework's file name");
}

/* The first line that is neither blank nor a comment. */
static bool
find_header(struct look *k, struct probe_lines *l)
{
	while (probe_lines_next(l)) {
		size_t i = 0;
		while (i < l->n && csv_blank(l->line[i]))
			i++;
		if (i < l->n && *l->line != '#')
			return true;
		if (i < l->n)
			k->comment = (struct cell){l->line + 1, l->n - 1};
	}
	return false;
}

/* NumPy writes its header as a comment. */
static bool
comment_is_header(struct look *k, const char *p, size_t n, char delim)
{
	cells_split(&k->cells, p, n, delim);
	size_t cells = k->cells.n;
	return k->comment.n && cells_are_numbers(&k->cells, delim) &&
	       look_at_header(k, k->comment.p, k->comment.n, delim) && k->n == cells;
}

static enum probe_verdict
headerless(struct look *k)
{
	for (size_t i = 0; i < k->cells.n; i++)
		if (k->cells.at[i].n && !is_number(k->cells.at + i, 0))
			return PROBE_NO;
	if (k->p->forced)
		return probe_say(k->p, PROBE_YES, "[source] include names it");
	return k->named ? probe_say(k->p, PROBE_LEAVE, "a table without a header") : PROBE_NO;
}

static enum probe_verdict
look_at_table(struct look *k)
{
	struct probe *p = k->p;
	bool full = p->nhead >= SOURCE_HEAD, torn;
	struct probe_lines l;
	struct csv_scan scan = {0};
	probe_lines_init(&l, p);
	if (!find_header(k, &l))
		return full ? PROBE_NO : PROBE_MORE;
	const char *at = l.line;
	char delim = csv_delimiter(at, (size_t)(l.end - at));
	size_t n = csv_record_end(&scan, at, (size_t)(l.end - at), delim, &torn);
	k->cut = !n;
	if (!n && !full)
		return *l.line == '{' ? PROBE_NO : PROBE_MORE;
	if (!n)
		n = (size_t)(l.end - at);
	if (!k->cut && comment_is_header(k, at, n, delim))
		n = 0; /* the rows begin here */
	else if (!look_at_header(k, at, n, delim))
		return headerless(k);
	while (!k->cut && k->rows < SAMPLE) {
		at += n;
		scan = (struct csv_scan){0};
		n = csv_record_end(&scan, at, (size_t)(l.end - at), delim, &torn);
		if (!n)
			break;
		if (*at != '#')
			look_at_row(k, at, n, delim);
	}
	return judge(k);
}

static enum probe_verdict
probe_lf(struct probe *p)
{
	struct look k = {.p = p, .named = probe_named(p, ".csv .tsv .tab")};
	if (probe_named(p, ".json") && !p->forced)
		return PROBE_NO; /* an array of objects on one line may look like a header */
	enum probe_verdict v = look_at_table(&k);
	cells_release(&k.cells);
	return v;
}

enum probe_verdict
csv_probe(struct probe *p)
{
	if (!csv_may_cr(p->path) || csv_newline(p->head, p->nhead) != CSV_NEWLINE_CR)
		return probe_lf(p);
	struct probe lf = *p;
	struct str text = STR_INIT;
	csv_newlines(&text, p->head, p->nhead);
	lf.head = str_c(&text);
	enum probe_verdict v = probe_lf(&lf);
	p->reason = lf.reason;
	str_release(&text);
	return v;
}
