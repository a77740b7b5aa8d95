/* Values and the walks over them. Each value ends in the checksum of its key and itself: a record
 * that landed under another's key is as bad as one with a flipped bit. A damaged page may point
 * anywhere, so before a value is read it has to lie inside the map; and a key that seems to end a
 * walk has to check too. */
#include "store/db_own.h"

#include "core/crc32c.h"

#include <assert.h>
#include <string.h>

enum { CRC_SIZE = 4 };

/* ---- values ---------------------------------------------------------------------------------- */

static uint32_t
checksum(const MDB_val *k, const void *p, size_t n)
{
	return crc32c(crc32c(0, k->mv_data, k->mv_size), p, n);
}

/* A damaged page may say that a value is anywhere, and of any size. */
static bool
inside(const struct txn *t, const MDB_val *v)
{
	const char *p = v->mv_data;

	return !t->base || (p >= t->base && p < t->end && v->mv_size <= (size_t)(t->end - p));
}

static bool
unwrap(const struct txn *t, const MDB_val *k, const MDB_val *v, struct bytes *out)
{
	uint32_t crc;

	if (v->mv_size < CRC_SIZE || !inside(t, v))
		return false;
	out->p = v->mv_data;
	out->n = v->mv_size - CRC_SIZE;
	memcpy(&crc, (const char *)out->p + out->n, CRC_SIZE);
	return crc == checksum(k, out->p, out->n);
}

static MDB_val
key_val(const struct key *k)
{
	return (MDB_val){k->n, (void *)(uintptr_t)k->b};
}

static int
bad_checksum(struct txn *t, const MDB_val *k)
{
	return txn_fail(t, ERR_CORRUPT, "%s: the store is damaged: checksum of a record of type %c",
			t->db->dir, k->mv_size ? *(const char *)k->mv_data : '?');
}

/* NULL: there is none for this key. */
static MDB_cursor *
near(struct txn *t, const MDB_val *k)
{
	unsigned type =
		k->mv_size ? *(const unsigned char *)k->mv_data - (unsigned)TYPES_FIRST : TYPES;

	if (!t->reading || type >= TYPES)
		return NULL;
	if (t->near_set >> type & 1)
		return t->near[type];
	int rc = t->near[type] ? mdb_cursor_renew(t->txn, t->near[type])
			       : mdb_cursor_open(t->txn, t->db->dbi, &t->near[type]);
	if (rc)
		return NULL;
	t->near_set |= UINT64_C(1) << type;
	return t->near[type];
}

static int
get(struct txn *t, MDB_val *k, MDB_val *v)
{
	if (t->fail)
		return t->fail;
	MDB_cursor *c = near(t, k);
	int rc = c ? mdb_cursor_get(c, k, v, MDB_SET) : mdb_get(t->txn, t->db->dbi, k, v);
	if (rc == MDB_NOTFOUND)
		return 0;
	return rc ? txn_failed_with(t, rc, "cannot be read") : 1;
}

int
db_get(struct txn *t, const struct key *k, struct bytes *val)
{
	MDB_val mk = key_val(k), mv;
	int rc = get(t, &mk, &mv);

	if (rc <= 0 || unwrap(t, &mk, &mv, val))
		return rc;
	return t->tolerate ? 0 : bad_checksum(t, &mk);
}

int
db_get_parts(struct txn *t, const struct key *k, struct bytes *val)
{
	MDB_val mk = key_val(k), mv;
	int rc = get(t, &mk, &mv);

	if (rc <= 0)
		return rc;
	if (mv.mv_size < CRC_SIZE || !inside(t, &mv))
		return bad_checksum(t, &mk);
	*val = (struct bytes){mv.mv_data, mv.mv_size - CRC_SIZE};
	return 1;
}

int
db_verify(struct txn *t, const struct key *k, const struct bytes *val)
{
	MDB_val mk = key_val(k), mv = {val->n + CRC_SIZE, (void *)(uintptr_t)val->p};
	struct bytes out;

	return unwrap(t, &mk, &mv, &out) ? 0 : bad_checksum(t, &mk);
}

int
db_put(struct txn *t, const struct key *k, const void *p, size_t n)
{
	MDB_val mk = key_val(k), mv = {n + CRC_SIZE, NULL};

	if (t->fail)
		return t->fail;
	int rc = mdb_put(t->txn, t->db->dbi, &mk, &mv, MDB_RESERVE);
	if (rc)
		return txn_failed_with(t, rc, "cannot be written");
	if (n)
		memcpy(mv.mv_data, p, n);
	uint32_t crc = checksum(&mk, mv.mv_data, n);
	memcpy((char *)mv.mv_data + n, &crc, CRC_SIZE);
	return 0;
}

int
db_del(struct txn *t, const struct key *k)
{
	MDB_val mk = key_val(k);

	if (t->fail)
		return t->fail;
	int rc = mdb_del(t->txn, t->db->dbi, &mk, NULL);
	return rc && rc != MDB_NOTFOUND ? txn_failed_with(t, rc, "cannot be written") : 0;
}

/* ---- walking --------------------------------------------------------------------------------- */

void
iter_init(struct iter *it, struct txn *t, const struct key *prefix)
{
	MDB_cursor *c = NULL;

	memset(it, 0, sizeof *it);
	it->t = t;
	it->prefix = *prefix;
	if (t->fail)
		return;
	int rc = mdb_cursor_open(t->txn, t->db->dbi, &c);
	if (rc)
		txn_failed_with(t, rc, "cannot be read");
	else
		it->cursor = c;
}

void
iter_release(struct iter *it)
{
	if (it->cursor)
		mdb_cursor_close(it->cursor);
	it->cursor = NULL;
}

static bool
within(const struct iter *it, const MDB_val *k)
{
	return k->mv_size >= it->prefix.n && !memcmp(k->mv_data, it->prefix.b, it->prefix.n);
}

enum found {
	PASSED = 2
}; /* beside what iter_next() returns: it does not check, and that is said */

/* What the pair K, V is to a walk. */
static int
meet(struct iter *it, const MDB_val *k, const MDB_val *v)
{
	struct txn *t = it->t;

	if (!within(it, k)) {
		/* A damaged key may be what seems to end it. */
		struct bytes other;
		return t->tolerate || unwrap(t, k, v, &other) ? 0 : bad_checksum(t, k);
	}
	it->key = (struct bytes){k->mv_data, k->mv_size};
	if (unwrap(t, k, v, &it->val))
		return 1;
	if (!t->tolerate)
		return bad_checksum(t, k);
	t->tolerate(t->tolerate_ctx, &it->key);
	return PASSED;
}

/* Moves by OP until a pair of the prefix that checks, or the end. */
static int
move(struct iter *it, MDB_val *k, MDB_cursor_op op, MDB_cursor_op then)
{
	struct txn *t = it->t;
	MDB_val v;

	for (;; op = then) {
		if (t->fail)
			return t->fail;
		int rc = mdb_cursor_get(it->cursor, k, &v, op);
		if (rc == MDB_NOTFOUND)
			return 0;
		if (rc)
			return txn_failed_with(t, rc, "cannot be read");
		rc = meet(it, k, &v);
		if (rc != PASSED)
			return rc;
	}
}

/* ---- far ahead ------------------------------------------------------------------------------- */

enum { AHEAD = sizeof((struct iter_ahead *)0)->key / sizeof(struct bytes), LINE = 64 };
/* What is longer is read for long enough to fetch its end meanwhile. */
enum { FETCH_MAX = 2048 };

/* The processor fetches by itself what is read in order; but records lie in a page in the opposite
 * order, and pages anywhere. A wrong address does no harm. */
static void
fetch(const MDB_val *v)
{
	size_t n = v->mv_size < FETCH_MAX ? v->mv_size : FETCH_MAX;

	for (size_t i = 0; i < n; i += LINE)
		__builtin_prefetch((const char *)v->mv_data + i);
}

/* Looks up the next pairs, up to the first that is not of the prefix. */
static void
look_up(struct iter *it, MDB_val *k, MDB_cursor_op op)
{
	struct iter_ahead *a = it->ahead;
	MDB_val v;

	for (a->at = a->n = 0; a->n < AHEAD && !a->end; op = MDB_NEXT) {
		a->end = mdb_cursor_get(it->cursor, k, &v, op);
		if (a->end)
			break;
		fetch(&v);
		if (!within(it, k))
			a->end = MDB_NOTFOUND;
		a->key[a->n] = (struct bytes){k->mv_data, k->mv_size};
		a->val[a->n++] = (struct bytes){v.mv_data, v.mv_size};
	}
}

static int
next_ahead(struct iter *it, MDB_val *k, MDB_cursor_op op)
{
	struct iter_ahead *a = it->ahead;
	int rc;

	do {
		if (it->t->fail)
			return it->t->fail;
		if (a->at == a->n)
			look_up(it, k, op);
		op = MDB_NEXT;
		if (a->at == a->n)
			return a->end == MDB_NOTFOUND
				       ? 0
				       : txn_failed_with(it->t, a->end, "cannot be read");
		const struct bytes *key = &a->key[a->at], *val = &a->val[a->at++];
		MDB_val mk = {key->n, (void *)(uintptr_t)key->p};
		MDB_val mv = {val->n, (void *)(uintptr_t)val->p};
		rc = meet(it, &mk, &mv);
	} while (rc == PASSED);
	return rc;
}

void
iter_look_ahead(struct iter *it, struct iter_ahead *a)
{
	assert(it->t->reading && !it->started);
	a->at = a->n = 0;
	a->end = 0;
	it->ahead = a;
}

/* ---- one by one ------------------------------------------------------------------------------ */

int
iter_next(struct iter *it)
{
	MDB_val k = key_val(&it->prefix);

	if (!it->cursor)
		return it->t->fail;
	MDB_cursor_op op = it->started ? MDB_NEXT : it->prefix.n ? MDB_SET_RANGE : MDB_FIRST;
	it->started = true;
	return it->ahead ? next_ahead(it, &k, op) : move(it, &k, op, MDB_NEXT);
}

int
iter_seek(struct iter *it, const struct key *to)
{
	MDB_val k = key_val(to);

	if (!it->cursor)
		return it->t->fail;
	it->started = true;
	return move(it, &k, MDB_SET_RANGE, MDB_NEXT);
}

int
iter_seek_back(struct iter *it, const struct key *to)
{
	MDB_val k = key_val(to), v;

	if (!it->cursor)
		return it->t->fail;
	it->started = true;
	int rc = mdb_cursor_get(it->cursor, &k, &v, MDB_SET_RANGE);
	if (rc && rc != MDB_NOTFOUND)
		return txn_failed_with(it->t, rc, "cannot be read");
	if (rc == MDB_NOTFOUND)
		return move(it, &k, MDB_LAST, MDB_PREV);
	bool exact = k.mv_size == to->n && !memcmp(k.mv_data, to->b, to->n);
	return move(it, &k, exact ? MDB_GET_CURRENT : MDB_PREV, MDB_PREV);
}

/* By key, then to the next by key again: LMDB's own deletion through a cursor has had its bugs. */
int
iter_del(struct iter *it)
{
	struct key k;

	k.n = (uint16_t)it->key.n;
	memcpy(k.b, it->key.p, it->key.n);
	int rc = db_del(it->t, &k);
	return rc ? rc : iter_seek(it, &k);
}
