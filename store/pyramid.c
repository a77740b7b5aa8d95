/* A level is an array of nodes in blocks; block K of one level is summed up by node K of the
 * next. So both appending and cutting are: rewrite the blocks that changed, then do the same, one
 * level up, with the nodes that stand for them. A level exists when the one below has more than
 * one block. */
#include "store/pyramid.h"

#include "core/xalloc.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void
node_init(struct node *nd)
{
	memset(nd, 0, sizeof *nd);
	nd->min = nd->max = nd->first = nd->last = NAN;
}

static void
least_and_most(const int64_t *x, size_t n, int64_t *min, int64_t *max)
{
	int64_t lo = x[0], hi = x[0];

	for (size_t i = 1; i < n; i++) {
		lo = x[i] < lo ? x[i] : lo;
		hi = x[i] > hi ? x[i] : hi;
	}
	*min = lo;
	*max = hi;
}

struct node
node_of(size_t n, const int64_t *step, const int64_t *wall, const double *value)
{
	struct range r = range_of(value, n);
	struct node nd;

	node_init(&nd);
	if (!n)
		return nd;
	nd.points = n;
	nd.inf = (uint32_t)r.inf;
	least_and_most(step, n, &nd.step_min, &nd.step_max);
	least_and_most(wall, n, &nd.wall_min, &nd.wall_max);
	if (!r.n)
		return nd;
	nd.n = r.n;
	nd.min = r.min;
	nd.max = r.max;
	nd.sum = r.sum;
	nd.first = value[r.first];
	nd.last = value[r.last];
	nd.first_step = step[r.first];
	nd.first_wall = wall[r.first];
	nd.last_step = step[r.last];
	nd.last_wall = wall[r.last];
	return nd;
}

void
node_merge(struct node *into, const struct node *b)
{
	if (!into->points) {
		*into = *b;
		if (!b->n)
			into->min = into->max = into->first = into->last = NAN;
		return;
	}
	if (!b->points)
		return;
	into->points += b->points;
	into->inf = b->inf > UINT32_MAX - into->inf ? UINT32_MAX : into->inf + b->inf;
	into->step_min = b->step_min < into->step_min ? b->step_min : into->step_min;
	into->step_max = b->step_max > into->step_max ? b->step_max : into->step_max;
	into->wall_min = b->wall_min < into->wall_min ? b->wall_min : into->wall_min;
	into->wall_max = b->wall_max > into->wall_max ? b->wall_max : into->wall_max;
	if (!b->n)
		return;
	if (!into->n) {
		into->min = b->min;
		into->max = b->max;
		into->first = b->first;
		into->first_step = b->first_step;
		into->first_wall = b->first_wall;
	}
	into->n += b->n;
	into->min = b->min < into->min ? b->min : into->min;
	into->max = b->max > into->max ? b->max : into->max;
	into->sum += b->sum;
	into->last = b->last;
	into->last_step = b->last_step;
	into->last_wall = b->last_wall;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static struct key
block_key(uint32_t series, unsigned level, uint32_t number)
{
	return key_node(series, (uint8_t)level, number);
}

int
pyramid_block(struct txn *t, uint32_t series, unsigned level, uint32_t number,
	      struct node_block *out)
{
	struct key k = block_key(series, level, number);
	struct bytes v;
	int rc = db_get(t, &k, &v);

	if (rc <= 0)
		return rc;
	if (!v.n || v.n % NODE_BYTES || v.n / NODE_BYTES > NODE_FAN)
		return txn_fail(t, ERR_CORRUPT, "the store is damaged: a block of nodes");
	out->p = v.p;
	out->n = (uint32_t)(v.n / NODE_BYTES);
	return 1;
}

static void
put_block(struct txn *t, uint32_t series, unsigned level, uint32_t number, const struct node *nodes,
	  size_t n)
{
	struct key k = block_key(series, level, number);
	char buf[NODE_FAN * NODE_BYTES];

	for (size_t i = 0; i < n; i++)
		memcpy(buf + i * NODE_BYTES, &nodes[i], NODE_BYTES);
	db_put(t, &k, buf, n * NODE_BYTES);
}

/* The first N nodes of a block; false: they are not there. */
static bool
load_block(struct txn *t, uint32_t series, unsigned level, uint32_t number, struct node *nodes,
	   size_t n)
{
	struct node_block b;
	int rc = pyramid_block(t, series, level, number, &b);

	if (rc > 0 && b.n >= n) {
		for (size_t i = 0; i < n; i++)
			node_at(&b, (uint32_t)i, &nodes[i]);
		return true;
	}
	if (rc >= 0)
		txn_fail(t, ERR_CORRUPT, "the store is damaged: nodes of series %u are missing",
			 series);
	return false;
}

static struct node
sum_of(const struct node *nodes, size_t n)
{
	struct node sum;

	node_init(&sum);
	for (size_t i = 0; i < n; i++)
		node_merge(&sum, &nodes[i]);
	return sum;
}

static uint32_t
blocks(uint32_t count)
{
	return (count + NODE_FAN - 1) / NODE_FAN;
}

unsigned
pyramid_top(uint32_t count)
{
	unsigned level = 0;

	for (; count > NODE_FAN; count = blocks(count))
		level++;
	return level;
}

/* ---- changing -------------------------------------------------------------------------------- */

/* Nodes FROM … FROM+N of a level that had COUNT become NODES, and are its last. */
static void
level_set(struct txn *t, uint32_t series, unsigned level, uint32_t count, uint32_t from,
	  const struct node *nodes, size_t n)
{
	struct node block[NODE_FAN];
	uint32_t end = from + (uint32_t)n, first = from / NODE_FAN, last = (end - 1) / NODE_FAN;
	/* The level above begins with all blocks if it did not exist. */
	uint32_t above = end > NODE_FAN && count <= NODE_FAN ? 0 : first;
	struct node *parents = xcalloc(last - above + 1, sizeof *parents);

	if (above < first) {
		if (load_block(t, series, level, above, block, NODE_FAN))
			parents[0] = sum_of(block, NODE_FAN);
	}
	for (uint32_t b = first; b <= last; b++) {
		uint32_t at = b * NODE_FAN, have = b == first ? from - at : 0;
		if (have && !load_block(t, series, level, b, block, have))
			break;
		uint32_t stop = end - at < NODE_FAN ? end - at : NODE_FAN;
		for (uint32_t i = have; i < stop; i++)
			block[i] = nodes[at + i - from];
		put_block(t, series, level, b, block, stop);
		parents[b - above] = sum_of(block, stop);
	}
	if (end > NODE_FAN)
		level_set(t, series, level + 1, count > NODE_FAN ? blocks(count) : 0, above,
			  parents, last - above + 1);
	free(parents);
}

void
pyramid_append(struct txn *t, uint32_t series, uint32_t count, const struct node *nodes, size_t n)
{
	if (n)
		level_set(t, series, 0, count, count, nodes, n);
}

static void
level_cut(struct txn *t, uint32_t series, unsigned level, uint32_t count, uint32_t left)
{
	struct node block[NODE_FAN];
	uint32_t rest = left % NODE_FAN, last = left / NODE_FAN;

	for (uint32_t b = blocks(left); b < blocks(count); b++) {
		struct key k = block_key(series, level, b);
		db_del(t, &k);
	}
	if (rest && load_block(t, series, level, last, block, rest))
		put_block(t, series, level, last, block, rest);
	if (count <= NODE_FAN)
		return;
	if (left <= NODE_FAN) {
		level_cut(t, series, level + 1, blocks(count), 0);
		return;
	}
	/* Whole blocks keep their nodes above; the last one's is made anew. */
	level_cut(t, series, level + 1, blocks(count), last);
	if (rest && !txn_failed(t, NULL)) {
		struct node sum = sum_of(block, rest);
		level_set(t, series, level + 1, last, last, &sum, 1);
	}
}

void
pyramid_cut(struct txn *t, uint32_t series, uint32_t count, uint32_t left)
{
	if (left < count)
		level_cut(t, series, 0, count, left);
}
