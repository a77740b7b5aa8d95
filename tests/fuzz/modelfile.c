#include "tests/fuzz/modelfile.h"

#include "core/model_diff.h"
#include "core/model_stats.h"
#include "core/model_tree.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reading weights costs a hundred times what reading a header does: of some inputs, by what is
 * in them, and few tensors. */
enum { READ = 3, MOST = 1 << 20, EVERY = 16 };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_tensor(const struct model *m, const struct model_tensor *t)
{
	uint64_t count = 1, all = 1;
	must(t->name && t->type && t->part < m->nparts);
	for (unsigned i = 0; i < t->rank; i++) {
		all = t->dim[i] ? all : 0;
		if (__builtin_mul_overflow(count, t->dim[i], &count))
			return;
	}
	must(!t->readable || t->count == count || t->flags & MODEL_SPARSE);
	if (t->readable && !t->deflated) {
		must(t->offset <= m->part[t->part].size);
		must(t->nbytes <= m->part[t->part].size - t->offset);
	}
}

static void
check_stats(const struct model *m, const struct model_tensor *t)
{
	struct model_stats s;
	struct model_drift d;
	struct err e = {0};
	uint64_t sum = 0;
	int code = model_stats(m, t, &s, NULL, NULL, &e);
	if (code < 0) {
		must(*e.text);
		return;
	}
	must(s.n == t->count && s.nan + s.inf <= s.n && s.zeros <= s.n);
	for (int i = 0; i < MODEL_BINS; i++)
		sum += s.bin[i];
	must(sum + s.below + s.above == s.n - s.nan - s.inf);
	must(!(s.min > s.max));
	must(model_drift(m, t, m, t, &d, NULL, NULL, &e) == 0);
	must(d.n == t->count && d.changed == 0 && d.max_abs == 0);
}

static void
check_tree(const struct model *m, bool fold)
{
	struct model_tree *t = model_tree_new(m, fold);
	uint64_t tensors = 0;
	for (size_t i = 0; i < t->n; i++) {
		must(t->node[i].end > i && t->node[i].end <= t->n && t->node[i].repeat >= 1);
		must(i == 0 || t->node[i].depth <= t->node[i - 1].depth + 1);
		if (t->node[i].depth == 0)
			tensors += t->node[i].tensors;
	}
	must(tensors == m->totals.tensors + m->totals.state_tensors);
	model_tree_free(t);
}

int
modelfile_check(const uint8_t *data, size_t size)
{
	char path[40];
	struct model *m = NULL;
	struct err e = {0};
	int fd = memfd_create("model", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int code = model_open(path, &m, &e);
	if (code < 0) {
		must(!m && *e.text && e.code == code);
		close(fd);
		return code;
	}
	must(m->nevidence <= MODEL_MAX_EVIDENCE);
	must((m->state == MODEL_TRUNCATED || m->state == MODEL_GROWING) == (m->missing > 0));
	for (size_t i = 0; i < m->nevidence; i++)
		must(m->evidence[i].level <= m->safety);
	uint32_t sum = 0;
	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	int read = (sum >> 8) % EVERY ? READ : 0;
	for (size_t i = 0; i < m->ntensors; i++) {
		check_tensor(m, &m->tensor[i]);
		if (m->tensor[i].readable && m->tensor[i].count < MOST && read++ < READ)
			check_stats(m, &m->tensor[i]);
	}
	check_tree(m, true);
	check_tree(m, false);
	struct model_diff *d = model_diff_new(m, m);
	must(d->count[MODEL_ADDED] == 0 && d->count[MODEL_REMOVED] == 0);
	model_diff_free(d);
	int state = (int)m->state;
	model_close(m);
	close(fd);
	return state;
}

int
modelfile_check_as(const uint8_t *data, size_t size, const char *magic, size_t n)
{
	uint8_t *copy = malloc(size ? size : 1);
	must(copy);
	memcpy(copy, data, size);
	memcpy(copy, magic, size < n ? size : n);
	int state = modelfile_check(copy, size);
	free(copy);
	return state;
}
