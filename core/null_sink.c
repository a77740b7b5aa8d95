/* Each operation is there, so that a source may call whatever it likes. Rows count as stored, and
 * names as new columns are the caller's to number: here every one of them is the first. */
#include "core/null_sink.h"

#define UNUSED __attribute__((unused))

static bool
no_log_find(UNUSED struct sink *s, UNUSED const char *path, UNUSED struct log_info *out)
{
	return false;
}

static int
no_log_each(UNUSED struct sink *s, UNUSED int (*fn)(void *ctx, const struct log_info *li),
	    UNUSED void *ctx)
{
	return 0;
}

static int
no_alert_each(UNUSED struct sink *s, UNUSED int (*fn)(void *ctx, const struct alert *a),
	      UNUSED void *ctx)
{
	return 0;
}

static bool
no_run_find(UNUSED struct sink *s, UNUSED const char *path, UNUSED struct run_kept *out)
{
	return false;
}

static const char *
no_column_name(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED uint32_t column)
{
	return NULL;
}

static int
no_param_each(UNUSED struct sink *s, UNUSED uint32_t log,
	      UNUSED int (*fn)(void *ctx, const char *key, const char *value), UNUSED void *ctx)
{
	return 0;
}

static int
no_point_each(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED uint32_t column,
	      UNUSED uint32_t attempt, UNUSED int (*fn)(void *ctx, const struct point *p),
	      UNUSED void *ctx)
{
	return 0;
}

static void
no_checkpoint(UNUSED struct sink *s, UNUSED const char *path, UNUSED const struct checkpoint *c)
{
}

static int
no_checkpoint_each(UNUSED struct sink *s,
		   UNUSED int (*fn)(void *ctx, const char *path, const struct checkpoint *c),
		   UNUSED void *ctx)
{
	return 0;
}

static void
no_judged(UNUSED struct sink *s, UNUSED uint32_t log)
{
}

static void
no_outbox_put(UNUSED struct sink *s, UNUSED const char *key, UNUSED const void *p, UNUSED size_t n)
{
}

static int
no_outbox_each(UNUSED struct sink *s,
	       UNUSED int (*fn)(void *ctx, const char *key, const void *p, size_t n),
	       UNUSED void *ctx)
{
	return 0;
}

static uint32_t
no_log_open(UNUSED struct sink *s, UNUSED const struct log_desc *d)
{
	return 0;
}

static void
no_replay(UNUSED struct sink *s, UNUSED uint32_t log)
{
}

static void
no_replay_end(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED bool cut)
{
}

static uint32_t
no_column(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const char *name, UNUSED size_t len)
{
	return 0;
}

static enum row_fate
no_row(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct row *r)
{
	return ROW_STORED;
}

static void
no_hist(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED uint32_t column,
	UNUSED const struct hist *h)
{
}

static void
no_param(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const char *key,
	 UNUSED const char *value)
{
}

static void
no_goal(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED uint32_t column, UNUSED enum goal goal)
{
}

static void
no_remark(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED enum remark_kind k,
	  UNUSED uint64_t offset, UNUSED uint64_t line, UNUSED const char *text)
{
}

static void
no_said(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct last_words *w)
{
}

static void
no_raised(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct raised *r)
{
}

static void
no_title(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const char *text)
{
}

static void
no_mark(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct cursor *c)
{
}

static void
no_gone(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED bool gone)
{
}

static void
no_writing(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct writing *w)
{
}

static void
no_moved(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED const struct log_desc *d)
{
}

static void
no_skipped(UNUSED struct sink *s, UNUSED const char *path, UNUSED const char *reason)
{
}

static void
no_arrival(UNUSED struct sink *s, UNUSED uint32_t log, UNUSED int64_t now_us)
{
}

static void
no_alert(UNUSED struct sink *s, UNUSED const struct alert *a)
{
}

static void
no_root_add(UNUSED struct sink *s, UNUSED const char *path)
{
}

static int
no_root_each(UNUSED struct sink *s, UNUSED int (*fn)(void *ctx, const char *path), UNUSED void *ctx)
{
	return 0;
}

static size_t
no_pending(UNUSED struct sink *s)
{
	return 0;
}

static int
no_commit(UNUSED struct sink *s, uint64_t *txn, UNUSED struct err *e)
{
	if (txn)
		*txn = 0;
	return 0;
}

static void
no_rest(UNUSED struct sink *s)
{
}

const struct sink_ops null_sink_ops = {
	.log_find = no_log_find,
	.log_each = no_log_each,
	.alert_each = no_alert_each,
	.run_find = no_run_find,
	.column_name = no_column_name,
	.param_each = no_param_each,
	.point_each = no_point_each,
	.judged = no_judged,
	.outbox_put = no_outbox_put,
	.outbox_each = no_outbox_each,
	.checkpoint = no_checkpoint,
	.checkpoint_each = no_checkpoint_each,
	.log_open = no_log_open,
	.replay = no_replay,
	.replay_end = no_replay_end,
	.column = no_column,
	.row = no_row,
	.hist = no_hist,
	.param = no_param,
	.goal = no_goal,
	.remark = no_remark,
	.said = no_said,
	.raised = no_raised,
	.title = no_title,
	.mark = no_mark,
	.gone = no_gone,
	.writing = no_writing,
	.moved = no_moved,
	.skipped = no_skipped,
	.arrival = no_arrival,
	.alert = no_alert,
	.alert_drop = no_alert,
	.root_add = no_root_add,
	.root_each = no_root_each,
	.pending = no_pending,
	.rest = no_rest,
	.commit = no_commit,
};
