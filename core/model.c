/* Which reader a file is for, and what all readers do alike: collect tensors, metadata, remarks
 * and evidence, and at the end add up.
 *
 * Everything that is read lives in one arena. A reader that finds a contradiction goes on with
 * what it has: half a checkpoint is worth seeing, above all to whoever has to find out why it is
 * half. */
#include "core/model_own.h"

#include "core/clock.h"
#include "core/le.h"
#include "core/name.h"
#include "core/utf8.h"
#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *
model_state_name(enum model_state s)
{
	static const char *const name[] = {"whole", "truncated", "growing", "damaged", "unsure"};
	return name[s];
}

const char *
model_safety_name(enum model_safety s)
{
	static const char *const name[] = {"SAFE", "TENSORS-ONLY", "UNJUDGED", "CODE", "DANGER"};
	return name[s];
}

double
model_tensor_bits(const struct model_tensor *t)
{
	return t->count ? 8 * (double)t->nbytes / (double)t->count : 0;
}

const char *
model_meta(const struct model *m, const char *key)
{
	for (size_t i = 0; i < m->nmeta; i++)
		if (strcmp(m->meta[i].key, key) == 0)
			return m->meta[i].value;
	return NULL;
}

const struct model_tensor *
model_find(const struct model *m, const char *name)
{
	size_t at = (size_t)(uintptr_t)map_get(&m->own->names, name, strlen(name));
	return at ? &m->tensor[at - 1] : NULL;
}

/* -- what readers add -------------------------------------------------------------------------- */

void
model_remark(struct model *m, const char *fmt, ...)
{
	if (m->nremarks == MODEL_MAX_REMARKS)
		return;
	char buf[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	if (m->nremarks == MODEL_MAX_REMARKS - 1)
		snprintf(buf, sizeof buf, "and more of the kind");
	*vec_push(m->remark, m->nremarks, m->own->remark_cap) = arena_str(&m->own->arena, buf);
}

void
model_damaged(struct model *m, const char *fmt, ...)
{
	char buf[600];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	model_remark(m, "%s", buf);
	if (m->state != MODEL_TRUNCATED)
		m->state = MODEL_DAMAGED;
}

void
model_cut(struct model *m, uint64_t missing, bool at_least)
{
	m->state = MODEL_TRUNCATED;
	if (__builtin_add_overflow(m->missing, missing, &m->missing))
		m->missing = UINT64_MAX;
	m->missing_least |= at_least;
}

void
model_judge(struct model *m, enum model_safety level)
{
	if (!m->own->judged || level > m->safety)
		m->safety = level;
	m->own->judged = true;
}

void
model_evidence(struct model *m, enum model_safety level, const char *what, const char *where,
	       const char *how)
{
	model_judge(m, level);
	for (size_t i = 0; i < m->nevidence; i++)
		if (m->evidence[i].level == level && strcmp(m->evidence[i].what, what) == 0) {
			m->evidence[i].times++;
			return;
		}
	/* What is worst may not drown in what is not. */
	size_t at = m->nevidence;
	if (at == MODEL_MAX_EVIDENCE) {
		at--;
		while (at && m->evidence[at].level >= level)
			at--;
		if (m->evidence[at].level >= level)
			return;
	} else {
		vec_push(m->evidence, m->nevidence, m->own->evidence_cap);
	}
	struct arena *a = &m->own->arena;
	const char *file = m->own->file;
	m->evidence[at] = (struct model_evidence){level, arena_str(a, what),
						  arena_printf(a, "%s%s%s", file ? file : "",
							       file && *where ? ", " : "", where),
						  arena_str(a, how), 1};
}

bool
model_may(struct model *m, uint64_t n)
{
	struct model_own *own = m->own;
	if (own->work > MODEL_MAX_WORK)
		return false;
	own->work += n < MODEL_MAX_WORK ? n + 4096 : MODEL_MAX_WORK;
	if (own->work <= MODEL_MAX_WORK)
		return true;
	model_remark(m, "too much in it: not all of its members were looked at");
	model_judge(m, MODEL_UNJUDGED);
	return false;
}

void
model_add_meta(struct model *m, const char *key, size_t nkey, const char *value, size_t nvalue)
{
	if (m->nmeta == MODEL_MAX_META || m->own->arena.total > MODEL_MAX_TEXT) {
		if (!m->own->full)
			model_remark(m, "too much metadata: not all of it is shown");
		m->own->full = true;
		return;
	}
	if (m->own->prefix || m->own->file) {
		/* Shards all say the same. */
		const char *z = m->own->prefix ? NULL : model_meta(m, key);
		if (z && strlen(z) == nvalue && memcmp(z, value, nvalue) == 0)
			return;
	}
	struct model_kv *kv = vec_push(m->meta, m->nmeta, m->own->meta_cap);
	kv->key = arena_text(&m->own->arena, key, nkey < 1024 ? nkey : 1024);
	if (m->own->prefix)
		kv->key = arena_printf(&m->own->arena, "%s%c%s", m->own->prefix, m->separator,
				       kv->key);
	if (nvalue <= MODEL_MAX_VALUE) {
		kv->value = arena_text(&m->own->arena, value, nvalue);
		return;
	}
	const char *head = arena_text(&m->own->arena, value, MODEL_MAX_VALUE);
	kv->value = arena_printf(&m->own->arena, "%s… (%zu bytes)", head, nvalue);
}

void
model_add_metaf(struct model *m, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *z;
	va_start(ap, fmt);
	int n = vasprintf(&z, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("out of memory");
	model_add_meta(m, key, strlen(key), z, (size_t)n);
	free(z);
}

struct model_tensor *
model_add_tensor(struct model_file *f, const char *name, size_t n)
{
	struct model *m = f->m;
	if (m->ntensors >= MODEL_MAX_TENSORS || m->own->arena.total > MODEL_MAX_TEXT) {
		if (!m->own->full)
			model_remark(m, "too many tensors: those behind the first %zu are left out",
				     m->ntensors);
		m->own->full = true;
		return NULL;
	}
	static const uint64_t none[1];
	struct model_tensor *t = vec_push(m->tensor, m->ntensors, m->own->tensor_cap);
	*t = (struct model_tensor){.part = f->part, .type = "?", .dim = none};
	t->name = arena_text(&m->own->arena, name, n);
	t->role = m->own->role;
	if (m->own->prefix)
		t->name = arena_printf(&m->own->arena, "%s%c%s", m->own->prefix, m->separator,
				       t->name);
	size_t len = strlen(t->name);
	if (map_get(&m->own->names, t->name, len))
		model_damaged(m, "%s is there more than once", t->name);
	else
		map_put(&m->own->names, t->name, len, (void *)(uintptr_t)m->ntensors);
	return t;
}

bool
model_set_shape(struct model *m, struct model_tensor *t, const uint64_t *dim, size_t rank)
{
	t->count = 0;
	if (rank > MODEL_MAX_RANK) {
		model_damaged(m, "%s has %zu dimensions", t->name, rank);
		return false;
	}
	uint64_t *copy = arena_array(&m->own->arena, rank ? rank : 1, sizeof *copy);
	uint64_t count = 1;
	bool fits = true, none = false;
	for (size_t i = 0; i < rank; i++) {
		copy[i] = dim[i];
		none |= dim[i] == 0;
		fits &= !__builtin_mul_overflow(count, dim[i] ? dim[i] : 1, &count);
	}
	t->dim = copy;
	t->rank = (unsigned)rank;
	t->count = none ? 0 : fits ? count : 0;
	if (!fits && !none)
		model_damaged(m, "%s has more elements than can be counted", t->name);
	return fits || none;
}

void
model_set_type(struct model_tensor *t, enum dtype dtype)
{
	t->dtype = dtype;
	if (dtype != DTYPE_OTHER)
		t->type = dtype_name(dtype);
	if (!dtype_size(dtype, t->count, &t->nbytes))
		t->nbytes = 0;
}

void
model_set_place(struct model_file *f, struct model_tensor *t, uint64_t offset)
{
	t->offset = offset;
	t->readable = true;
	if (offset > f->blob.size || t->nbytes > f->blob.size - offset)
		t->flags |= MODEL_ABSENT;
}

void
model_add_op(struct model *m, const char *domain, size_t ndomain, const char *type, size_t n)
{
	for (size_t i = 0; i < m->nops; i++)
		if (strlen(m->op[i].type) == n && memcmp(m->op[i].type, type, n) == 0 &&
		    strlen(m->op[i].domain) == ndomain &&
		    memcmp(m->op[i].domain, domain, ndomain) == 0) {
			m->op[i].count++;
			return;
		}
	if (m->nops == 500)
		return;
	struct model_op *op = vec_push(m->op, m->nops, m->own->op_cap);
	op->domain = arena_text(&m->own->arena, domain, ndomain);
	op->type = arena_text(&m->own->arena, type, n);
	op->count = 1;
}

void
model_note_progress(struct model *m, const char *name, double value)
{
	static const char *const step[] = {"global_step", "step",        "iteration",
					   "iter",        "num_updates", "iterations",
					   "steps",       "global_steps"};
	if (!(value >= 0) || value > 0x1p53 || value != floor(value))
		return;
	if (strcmp(name, "epoch") == 0 || strcmp(name, "epochs") == 0) {
		m->epoch = (int64_t)value;
		return;
	}
	/* "global_step" beats "step". */
	size_t n = sizeof step / sizeof *step;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, step[i]) == 0 && (m->step == MODEL_NO_STEP || i == 0))
			m->step = (int64_t)value;
}

char *
model_slurp(const struct blob *b, size_t limit, size_t *n)
{
	if (b->size > limit)
		return NULL;
	*n = (size_t)b->size;
	char *buf = xmalloc(*n + 1);
	buf[*n] = '\0';
	if (blob_read(b, 0, buf, *n))
		return buf;
	free(buf);
	return NULL;
}

/* -- parts ------------------------------------------------------------------------------------- */

int
model_open_part(struct model *m, const char *path, const char *name, struct model_file *f,
		struct err *e)
{
	struct stat st;
	struct model_part *p = vec_push(m->part, m->nparts, m->own->part_cap);
	*p = (struct model_part){.path = arena_str(&m->own->arena, path),
				 .name = arena_str(&m->own->arena, name),
				 .missing = true};
	*f = (struct model_file){.m = m, .part = (unsigned)m->nparts - 1};
	/* A fifo would wait for a writer for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	f->blob.fd = fd;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? err_set(e, ERR_NOTFOUND, "%s: no such file", path)
			       : err_sys(e, "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		f->blob.fd = -1;
		return err_set(e, ERR_FORMAT, "%s: not a regular file", path);
	}
	p->missing = false;
	p->size = f->blob.size = (uint64_t)st.st_size;
	int64_t mtime = clock_of(st.st_mtim);
	m->mtime_us = mtime > m->mtime_us ? mtime : m->mtime_us;
	return 0;
}

void
model_close_part(struct model_file *f)
{
	struct stat st;
	if (f->blob.fd < 0)
		return;
	if (fstat(f->blob.fd, &st) == 0 && (uint64_t)st.st_size != f->m->part[f->part].size)
		f->m->own->changed = true;
	close(f->blob.fd);
	f->blob.fd = -1;
}

/* -- which reader ------------------------------------------------------------------------------ */

static bool
has(const struct blob *b, uint64_t at, const char *magic, size_t n)
{
	char buf[16];
	return blob_read(b, at, buf, n) && memcmp(buf, magic, n) == 0;
}

#define HAS(b, at, z) has(b, at, z, sizeof(z) - 1)

static bool
is_gguf(const struct blob *b)
{
	return HAS(b, 0, "GGUF");
}

static bool
is_zip(const struct blob *b)
{
	return HAS(b, 0, "PK\3\4") || HAS(b, 0, "PK\5\6");
}

static bool
is_npy(const struct blob *b)
{
	return HAS(b, 0, "\x93NUMPY");
}

/* A user block of a power of two may stand in front. */
static bool
is_hdf5(const struct blob *b)
{
	if (HAS(b, 0, "\x89HDF\r\n\x1a\n"))
		return true;
	for (uint64_t at = 512; at < b->size && at <= 1 << 20; at *= 2)
		if (HAS(b, at, "\x89HDF\r\n\x1a\n"))
			return true;
	return false;
}

/* The header's length is no magic, so what follows has to be JSON; a length that is none, or a file
 * that ends before the brace, is for nobody else either. */
static bool
is_safetensors(const struct blob *b)
{
	unsigned char head[9];
	if (!blob_read(b, 0, head, sizeof head))
		return false;
	return head[8] == '{' && le64(head) >= 2 && le64(head) <= 100000000;
}

/* Protocol 2 and later begin with its number. Older ones have no magic: looked at by their reader,
 * which has to reach an end without an opcode that is none. */
static bool
is_pickle(const struct blob *b)
{
	unsigned char head[2];
	return blob_read(b, 0, head, 2) && head[0] == 0x80 && head[1] <= 5;
}

/* zlib, gzip: as joblib compresses. */
static bool
is_deflated(const struct blob *b)
{
	unsigned char h[2];
	return blob_read(b, 0, h, 2) &&
	       ((h[0] == 0x78 && (h[0] << 8 | h[1]) % 31 == 0) || (h[0] == 0x1F && h[1] == 0x8B));
}

static bool
is_anything(const struct blob *b)
{
	return b->size > 0;
}

/* Tried in this order. A weak one may refuse, and the next is asked. */
static const struct {
	bool (*is)(const struct blob *b);
	model_reader *read;
	bool sure;
} readers[] = {
	{is_gguf, model_read_gguf, true},
	{is_zip, model_read_zip, true},
	{is_npy, model_read_npy, true},
	{is_hdf5, model_read_hdf5, true},
	{is_safetensors, model_read_safetensors, true},
	{is_pickle, model_read_pickle, true},
	{is_deflated, model_read_deflated, false},
	{is_anything, model_read_onnx, false},
	{is_anything, model_read_pickle, false},
};

/* The first bytes are too few to know: the name has to do, for a file that is just being
 * written. */
static int
too_short(struct model_file *f, struct err *e)
{
	static const struct {
		const char *suffix, *format;
	} known[] = {{".safetensors", "safetensors"},
		     {".gguf", "gguf"},
		     {".npy", "npy"},
		     {".npz", "npz"},
		     {".pt", "pytorch"},
		     {".pth", "pytorch"},
		     {".ckpt", "pytorch"},
		     {".onnx", "onnx"},
		     {".h5", "hdf5"},
		     {".hdf5", "hdf5"},
		     {".keras", "keras"},
		     {".bin", "pytorch"}};
	const char *path = f->m->part[f->part].path;
	size_t n = strlen(path);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t k = strlen(known[i].suffix);
		if (n > k && strcmp(path + n - k, known[i].suffix) == 0) {
			f->m->format = known[i].format;
			model_cut(f->m, 1, true);
			model_judge(f->m, MODEL_UNJUDGED);
			model_remark(f->m, "only %llu bytes: what it is going to be, its name says",
				     (unsigned long long)f->blob.size);
			return 0;
		}
	}
	return err_set(e, ERR_FORMAT, f->blob.size ? "%s: too short to be a model" : "%s: empty",
		       path);
}

int
model_read_file(struct model_file *f, struct err *e)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		if (!readers[i].is(&f->blob))
			continue;
		int code = readers[i].read(f, e);
		if (code == 0 && readers[i].read != model_read_pickle)
			model_judge_as_pickle(f);
		if (code != ERR_FORMAT || readers[i].sure)
			return code;
	}
	if (f->blob.size < 16)
		return too_short(f, e);
	return err_set(e, ERR_FORMAT, "%s: no format of models that mm knows",
		       f->m->part[f->part].path);
}

/* -- adding up --------------------------------------------------------------------------------- */

static enum model_role
role_of(const char *name)
{
	static const char *const state[] = {"optimizer",    "optim",     "opt_state",
					    "lr_scheduler", "scheduler", "amp_scaler",
					    "grad_scaler",  "rng_state"};
	for (size_t i = 0; i < sizeof state / sizeof *state; i++) {
		size_t n = strlen(state[i]);
		if (strncmp(name, state[i], n) != 0)
			continue;
		/* optimizer, optimizer.state, optimizer_states, optimizers: but not
		 * optimal_width */
		const char *rest = name + n;
		rest += *rest == 's';
		if (strncmp(rest, "_state", 6) == 0)
			rest += 6 + (rest[6] == 's');
		if (strncmp(rest, "_dict", 5) == 0)
			rest += 5;
		if (*rest == '\0' || *rest == '.' || *rest == '/' || *rest == '_')
			return MODEL_OPTIMIZER;
	}
	return MODEL_WEIGHT;
}

static void
add_type(struct model *m, const struct model_tensor *t)
{
	struct model_type *y = NULL;
	for (size_t i = 0; i < m->ntypes && !y; i++)
		if (strcmp(m->type[i].type, t->type) == 0)
			y = &m->type[i];
	if (!y) {
		if (m->ntypes == 100)
			return;
		y = vec_push(m->type, m->ntypes, m->own->type_cap);
		*y = (struct model_type){.dtype = t->dtype, .type = t->type};
	}
	y->tensors++;
	if (!(t->flags & MODEL_TIED)) {
		y->params += t->count;
		y->bytes += t->nbytes;
	}
}

static int
by_bytes(const void *pa, const void *pb)
{
	const struct model_type *a = pa, *b = pb;
	return a->bytes != b->bytes ? (a->bytes < b->bytes ? 1 : -1) : strcmp(a->type, b->type);
}

static int
by_count(const void *pa, const void *pb)
{
	const struct model_op *a = pa, *b = pb;
	return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->type, b->type);
}

static int
by_level(const void *pa, const void *pb)
{
	const struct model_evidence *a = pa, *b = pb;
	return a->level != b->level ? (a->level < b->level ? 1 : -1) : strcmp(a->what, b->what);
}

static void
sort(void *p, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n)
		qsort(p, n, size, cmp);
}

static void
add_up(struct model *m)
{
	struct model_totals *sum = &m->totals;
	for (size_t i = 0; i < m->ntensors; i++) {
		struct model_tensor *t = &m->tensor[i];
		t->role = t->role == MODEL_WEIGHT ? role_of(t->name) : t->role;
		t->readable = dtype_decodes(t->dtype) && t->nbytes &&
			      !(t->flags & (MODEL_ABSENT | MODEL_SPARSE)) && t->readable;
		bool once = !(t->flags & MODEL_TIED);
		if (t->role == MODEL_OPTIMIZER) {
			sum->state_tensors++;
			sum->state_params += once ? t->count : 0;
			sum->state_bytes += once ? t->nbytes : 0;
			continue;
		}
		if (t->role == MODEL_CONSTANT) {
			sum->constants++;
			sum->constant_params += t->count;
			sum->constant_bytes += t->nbytes;
			continue;
		}
		sum->tensors++;
		sum->params += once ? t->count : 0;
		sum->bytes += once ? t->nbytes : 0;
		add_type(m, t);
	}
	for (size_t i = 0; i < m->nparts; i++)
		sum->file_bytes += m->part[i].size;
	sort(m->type, m->ntypes, sizeof *m->type, by_bytes);
	sort(m->op, m->nops, sizeof *m->op, by_count);
	sort(m->evidence, m->nevidence, sizeof *m->evidence, by_level);
}

static void
judge_growth(struct model *m)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (int64_t)now.tv_sec - m->mtime_us / 1000000;
	bool fresh = age >= 0 && age < MODEL_GROWING_S;
	if (m->state == MODEL_TRUNCATED && (fresh || m->own->changed))
		m->state = MODEL_GROWING;
	else if (m->own->changed && m->state != MODEL_TRUNCATED)
		m->state = MODEL_GROWING;
}

int
model_open(const char *path, struct model **out, struct err *e)
{
	struct stat st;
	struct model *m = xcalloc(1, sizeof *m);
	m->own = xcalloc(1, sizeof *m->own);
	m->path = arena_str(&m->own->arena, path);
	m->step = m->epoch = MODEL_NO_STEP;
	m->separator = '.';
	m->format = "?";
	*out = NULL;
	int code;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		code = model_read_dir(m, path, e);
	} else {
		struct model_file f;
		code = model_open_part(m, path, name_last(path), &f, e);
		if (code == 0) {
			code = model_read_file(&f, e);
			model_close_part(&f);
		}
	}
	if (code < 0) {
		model_close(m);
		return code;
	}
	add_up(m);
	judge_growth(m);
	*out = m;
	return 0;
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	free(m->tensor);
	free(m->meta);
	free(m->part);
	free(m->type);
	free(m->op);
	free(m->port);
	free(m->remark);
	free(m->evidence);
	map_release(&m->own->names);
	arena_release(&m->own->arena);
	free(m->own);
	free(m);
}
