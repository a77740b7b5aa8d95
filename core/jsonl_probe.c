/* Is this JSON Lines, and are they a log?
 *
 * Most of the first lines have to be objects, each whole on its line: a document that is printed
 * over several lines has braces alone on theirs. A single object in a .json is a document until a
 * second one comes. And since data sets are JSON Lines too, a log must show a number beside a step
 * or a metric's name. Beside a time alone anything may stand: what servers log, and what sensors
 * measure. There the names have to be of a machine that trains, or the file be called as a log and
 * hold no text. Nor is the step of an agent whose actions are told that of a training. */
#include "core/json.h"
#include "core/probe.h"
#include "core/role.h"
#include "core/table.h"

#include <string.h>
#include <strings.h>

enum { SAMPLE = 64 /* lines */ };

struct look {
	unsigned good, bad;
	bool step, time, metric; /* a number under a name of that kind */
	bool number;             /* one that is neither step nor time */
	bool text;               /* one that is no time */
	bool content;            /* one that was said, done or generated */
	bool machine;
};

/* What conversations, agents' trajectories and generated samples are kept under. */
static bool
is_content(const char *name)
{
	static const char *const names[] = {"content", "text",       "prompt",      "response",
					    "action",  "completion", "observation", "question",
					    "answer",  "role",       "instruction", "output",
					    "thought", "messages",   "query",       "url"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

static void
look_at_name(struct look *k, const char *name, size_t n, enum json_type type, bool top)
{
	struct field f;
	if (type != JSON_NUMBER && type != JSON_STRING)
		return;
	field_init(&f, STEPS_JSON, name, n);
	bool step = f.kind == FIELD_STEP && top, time = f.kind == FIELD_TIME;
	if (type == JSON_STRING) {
		k->time = k->time || time;
		k->text = k->text || !time;
		k->content = k->content || is_content(f.name);
	} else {
		k->step = k->step || step;
		k->time = k->time || time;
		k->number = k->number || (!step && !time);
		k->machine = k->machine || probe_names_machine(f.name);
		k->metric = k->metric || (!step && !time && metric_name_known(f.name));
	}
	field_release(&f);
}

/* The name of an object: in {"Loss/D": {"mean": 0.5}} it is what says that this is a metric. */
static void
look_at_group(struct look *k, const char *name, size_t n)
{
	struct field f;
	field_init(&f, STEPS_JSON, name, n);
	k->metric = k->metric || metric_name_known(f.name);
	field_release(&f);
}

/* Is the line an object, and what is in it? JSON_END, or why not. */
static enum json_type
look_at_line(struct look *k, const char *p, size_t n)
{
	struct json j;
	const char *key = "";
	size_t nkey = 0;
	unsigned depth = 0;
	while (n && strchr(" \t\r", p[n - 1]))
		n--;
	n -= n > 2 && p[n - 1] == ',' && p[n - 2] == '}';
	json_init(&j, p, n);
	if (json_next(&j) != JSON_OBJECT)
		return JSON_BAD;
	for (;;) {
		enum json_type type = json_next(&j);
		if (type == JSON_END || type == JSON_BAD || type == JSON_DEEP)
			return type;
		if (type == JSON_KEY) {
			key = j.text;
			nkey = j.ntext;
			depth = j.depth;
		} else if (type == JSON_OBJECT && j.depth == depth + 1 && nkey) {
			look_at_group(k, key, nkey);
			nkey = 0;
		} else if (type >= JSON_STRING && j.depth == depth) {
			look_at_name(k, key, nkey, type, depth == 1);
		}
	}
}

static bool
is_blank_line(const char *p, size_t n)
{
	while (n && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++, n--;
	return !n;
}

static enum probe_verdict
judge(struct probe *p, const struct look *k)
{
	bool full = p->nhead >= SOURCE_HEAD;
	/* In these a line stands for itself. */
	bool lines = probe_named(p, ".jsonl .ndjson .jsonlines .log .txt .out");
	if (k->good <= k->bad)
		return PROBE_NO;
	if (k->good == 1 && !lines && !p->forced)
		return full ? PROBE_NO : PROBE_MORE;
	if (p->forced)
		return probe_say(p, PROBE_YES, "[source] include names it");
	if (k->number && k->step && (!k->content || k->metric))
		return probe_say(p, PROBE_YES, "its objects have a step");
	if (k->metric)
		return probe_say(p, PROBE_YES, "its objects have a metric's name");
	if (k->number && k->time && (k->machine || (!k->text && probe_named_log(p))))
		return probe_say(p, PROBE_YES, "its objects have a time");
	if (!full && k->good < SAMPLE)
		return PROBE_MORE;
	return probe_say(p, PROBE_LEAVE, "objects without a step, time or metric");
}

enum probe_verdict
jsonl_probe(struct probe *p)
{
	struct look k = {0};
	struct probe_lines l;
	bool full = p->nhead >= SOURCE_HEAD, complete = false;
	probe_lines_init(&l, p);
	while (k.good + k.bad < SAMPLE && probe_lines_next(&l)) {
		if (is_blank_line(l.line, l.n))
			continue;
		if (l.cut) {
			/* One line longer than the head: what is there of it has to do. */
			bool alone = full && !complete && *l.line == '{' &&
				     probe_named(p, ".jsonl .ndjson .jsonlines .log .txt .out");
			if (alone) {
				look_at_line(&k, l.line, l.n);
				k.good++;
			} else if (!complete && !full && *l.line == '{') {
				return PROBE_MORE;
			}
			break;
		}
		complete = true;
		if (look_at_line(&k, l.line, l.n) == JSON_END)
			k.good++;
		else
			k.bad++;
	}
	return judge(p, &k);
}
