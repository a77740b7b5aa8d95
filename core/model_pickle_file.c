/* A pickle by itself: scikit-learn, joblib, pickle.dump() of anything; also compressed as joblib
 * does.
 *
 * joblib puts arrays between the opcodes of its pickles, and its loader knows where. Another
 * loader would take their bytes for opcodes. So such a file is run both ways, and what either
 * way names counts; of the second, which mostly stumbles over numbers, only what is on the list
 * of dangerous names. */
#include "core/model_pickle.h"
#include "core/pickle_judge.h"
#include "core/xalloc.h"
#include "core/zip.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BEHIND = 1000 };

/* Run to the end as a loader that knows nothing of joblib would. */
static void
judge_plain(struct model *m, const struct blob *b)
{
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	pickle_id root;
	const char *why;
	pickle_init(&p);
	scan_init(s, b, 0);
	pickle_run(&p, s, &root);
	for (size_t i = 0; i < p.nglobals; i++) {
		const struct pickle_global *g = p.global[i];
		char *what = xasprintf("%.200s.%.200s", g->module, g->name);
		/* Numbers that happen to look like a name are no name. */
		if (pickle_judge(g->module, g->name, &why) == MODEL_DANGER &&
		    strspn(what,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") ==
			    strlen(what) &&
		    *g->module && *g->name)
			model_evidence(m, MODEL_DANGER, what, "where joblib would see an array",
				       why);
		free(what);
	}
	pickle_release(&p);
	free(s);
}

/* A tensor that was pickled without torch.save() holds what torch.save() writes, as bytes. */
static void
judge_nested(struct model *m, const struct pickle *p, const struct blob *b)
{
	int seen = 0;
	for (size_t i = 0; i < p->n && seen < MAX_BEHIND; i++) {
		const pickle_id *arg;
		if (p->node[i].kind != PICKLE_OBJECT ||
		    !pickle_is_global(p, p->node[i].o->callable, "torch.storage",
				      "_load_from_bytes") ||
		    !pickle_items(p, p->node[i].o->args, &arg) ||
		    pickle_kind(p, arg[0]) != PICKLE_BYTES)
			continue;
		seen++;
		const struct pickle_bytes *x = p->node[arg[0]].s;
		struct blob piece = blob_piece(b, x->at, x->n);
		struct scan *s = xmalloc(sizeof *s);
		struct pickle inner;
		pickle_id root;
		enum pickle_end end = PICKLE_STOP;
		pickle_init(&inner);
		scan_init(s, &piece, 0);
		for (int k = 0; k < 5 && end == PICKLE_STOP; k++)
			end = pickle_run(&inner, s, &root);
		pickled_judge(m, &inner, "within torch.storage._load_from_bytes", end, false);
		pickle_release(&inner);
		free(s);
	}
}

/* Whatever follows is not loaded by pickle.load(), but by whoever calls it again. */
static void
judge_behind(struct model_file *f, const struct blob *b, struct scan *s)
{
	struct model *m = f->m;
	uint64_t at = s->at;
	int n = 0;
	while (scan_left(s) && n < MAX_BEHIND) {
		struct pickle p;
		pickle_id root;
		struct pickle_global *const *g;
		pickle_init(&p);
		enum pickle_end end = pickle_run(&p, s, &root);
		g = p.global;
		/* Rubbish names nothing. */
		if (end == PICKLE_STOP || (p.nglobals && g[0]->called))
			pickled_judge(m, &p, "behind the first pickle", PICKLE_STOP, false);
		pickle_release(&p);
		if (end != PICKLE_STOP)
			break;
		n++;
	}
	m->extra += b->size - at;
	if (n)
		model_remark(m, "%d more %s behind the first", n,
			     n == 1 ? "pickle stands" : "pickles stand");
	else
		model_remark(m, "%llu bytes stand behind the pickle",
			     (unsigned long long)(b->size - at));
}

static bool
names_danger(const struct pickle *p)
{
	const char *why;
	for (size_t i = 0; i < p->nglobals; i++)
		if (p->global[i]->called &&
		    pickle_judge(p->global[i]->module, p->global[i]->name, &why) == MODEL_DANGER)
			return true;
	return false;
}

/* A file can be two things at once: a text with a newline in it is all that a pickle needs to
 * step over the head of another format. */
void
model_judge_as_pickle(struct model_file *f)
{
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	pickle_id root;
	const char *why;
	pickle_init(&p);
	scan_init(s, &f->blob, 0);
	pickle_run(&p, s, &root);
	for (size_t i = 0; i < p.nglobals; i++) {
		const struct pickle_global *g = p.global[i];
		if (!g->called || pickle_judge(g->module, g->name, &why) != MODEL_DANGER)
			continue;
		char *what = xasprintf("%.200s.%.200s", g->module, g->name);
		model_evidence(f->m, MODEL_DANGER, what, "the file, taken for a pickle", why);
		free(what);
	}
	pickle_release(&p);
	free(s);
}

static int
read_pickle(struct model_file *f, const struct blob *b, bool placed, bool sure, struct err *e)
{
	struct model *m = f->m;
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	pickle_id root;
	pickle_init(&p);
	p.joblib = true;
	scan_init(s, b, 0);
	enum pickle_end end = pickle_run(&p, s, &root);
	/* Protocols 0 and 1 have no magic: a text that could be opcodes is one when it makes
	 * something; and it is when it would do harm before it breaks off. */
	bool makes = end == PICKLE_STOP && pickle_kind(&p, root) >= PICKLE_TUPLE;
	if (!sure && !makes && !names_danger(&p)) {
		pickle_release(&p);
		free(s);
		return err_set(e, ERR_FORMAT, "%s: no pickle", m->path);
	}
	m->format = p.raw || !placed ? "joblib" : "pickle";
	m->version = arena_printf(&m->own->arena, "protocol %u", p.protocol);
	pickled_judge(m, &p, "", end, false);
	judge_nested(m, &p, b);
	if (p.raw)
		judge_plain(m, b);
	pickled_say_end(m, "the pickle", &p, end);
	if (end == PICKLE_CUT)
		model_cut(m, 1, true);
	if (end == PICKLE_FULL)
		m->state = MODEL_UNSURE;
	if (end == PICKLE_STOP) {
		struct pickled w = {.f = f, .p = &p, .placed = placed};
		pickled_walk(&w, root);
		pickled_release(&w);
		if (scan_left(s))
			judge_behind(f, b, s);
	}
	pickle_release(&p);
	free(s);
	return 0;
}

int
model_read_pickle(struct model_file *f, struct err *e)
{
	unsigned char head[2] = {0};
	bool sure = blob_read(&f->blob, 0, head, 2) && head[0] == 0x80 && head[1] <= 5;
	if (!model_is_torch_legacy(&f->blob))
		return read_pickle(f, &f->blob, true, sure, e);
	struct scan *s = xmalloc(sizeof *s);
	scan_init(s, &f->blob, 0);
	int code = model_read_torch_legacy(f, s);
	free(s);
	return code;
}

/* What zlib or gzip have packed, in memory: only a pickle is expected in there. */
int
model_read_deflated(struct model_file *f, struct err *e)
{
	struct inflater *z = inflater_new_framed(&f->blob, 0, f->blob.size);
	size_t n = 0, cap = 0;
	unsigned char *mem = NULL;
	for (size_t got = 1; got && n < MODEL_MAX_INFLATED;) {
		xgrow(&mem, &cap, n + (1 << 16), 1);
		got = inflater_read(z, mem + n, 1 << 16);
		n += got;
		if (n >= 2 && (mem[0] != 0x80 || mem[1] > 5))
			break;
	}
	inflater_free(z);
	struct blob b = {.fd = -1, .mem = mem, .size = n};
	int code = n >= 2 && mem[0] == 0x80 && mem[1] <= 5
			   ? read_pickle(f, &b, false, true, e)
			   : err_set(e, ERR_FORMAT, "%s: compressed, and no pickle", f->m->path);
	if (code == 0 && n >= MODEL_MAX_INFLATED)
		model_remark(f->m, "only its first %d MB were looked at",
			     MODEL_MAX_INFLATED / 1000000);
	free(mem);
	return code;
}
