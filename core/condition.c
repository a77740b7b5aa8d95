/* A condition is parsed once, when the configuration is read, into a list of terms and a few
 * operators behind them: it is asked for every point that a rule watches. */
#include "core/condition.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const ops[] = {[OP_LT] = "<",  [OP_LE] = "<=", [OP_GT] = ">",
				  [OP_GE] = ">=", [OP_EQ] = "==", [OP_NE] = "!="};

static void
term_release(struct term *t)
{
	free(t->metric);
	free(t->text);
}

void
condition_release(struct condition *c)
{
	for (int i = 0; i < c->nterms; i++)
		term_release(&c->term[i]);
	free(c->term);
	free(c->code);
	*c = (struct condition){0};
}

enum verdict
condition_judge(const struct condition *c,
		enum verdict (*fn)(void *ctx, const struct term *t, int i), void *ctx)
{
	enum verdict stack[CONDITION_TERMS + 1];
	int n = 0;

	if (!c->nterms)
		return VERDICT_UNKNOWN;
	if (c->ncode == 1)
		return fn(ctx, &c->term[0], 0);
	for (int i = 0; i < c->ncode; i++) {
		switch (c->code[i]) {
		case CONDITION_NOT:
			stack[n - 1] = verdict_not(stack[n - 1]);
			break;
		case CONDITION_AND:
			n--;
			stack[n - 1] = verdict_and(stack[n - 1], stack[n]);
			break;
		case CONDITION_OR:
			n--;
			stack[n - 1] = verdict_or(stack[n - 1], stack[n]);
			break;
		default:
			stack[n++] = fn(ctx, &c->term[c->code[i]], c->code[i]);
		}
	}
	assert(n == 1);
	return stack[0];
}

enum about
term_about(const struct term *t)
{
	return t->function ? t->function->about : t->detector->about;
}

bool
condition_ages(const struct condition *c)
{
	for (int i = 0; i < c->nterms; i++) {
		const struct function *f = c->term[i].function;
		if (f && (f->takes == TAKES_SPAN || f->about != ABOUT_SERIES))
			return true;
	}
	return false;
}

const struct keeper *
term_keeper(const struct term *t, double *keeps)
{
	if (t->function) {
		function_keeps(t->function, t->arg, keeps);
		return t->function->keeper;
	}
	memcpy(keeps, t->arg, sizeof t->arg);
	/* Windows are shared by all that ask for as many values. */
	if (t->detector->keeper == &keep_baseline || t->detector->keeper == &keep_log_baseline ||
	    t->detector->keeper == &keep_best)
		for (int i = t->detector->keeper == &keep_best ? 0 : 1; i < KEEPER_ARGS; i++)
			keeps[i] = 0;
	return t->detector->keeper;
}

enum verdict
term_compare(const struct term *t, double v)
{
	if (isnan(v))
		return VERDICT_UNKNOWN;
	switch (t->op) {
	case OP_LT:
		return verdict_of(v < t->limit);
	case OP_LE:
		return verdict_of(v <= t->limit);
	case OP_GT:
		return verdict_of(v > t->limit);
	case OP_GE:
		return verdict_of(v >= t->limit);
	case OP_EQ:
		return verdict_of(v == t->limit);
	case OP_NE:
		return verdict_of(v != t->limit);
	}
	return VERDICT_UNKNOWN;
}

enum verdict
term_judge(const struct term *t, const void *state, const struct sample *now)
{
	if (t->detector)
		return t->detector->judge ? t->detector->judge(state, t->arg, now)
					  : VERDICT_UNKNOWN;
	if (t->metric)
		return term_compare(t, now->other ? now->value / now->other(now->ctx, t->metric)
						  : NAN);
	const struct function *f = t->function;
	if (!f->read)
		return VERDICT_UNKNOWN;
	/* Most of what is asked whether it is much is not. */
	if (f->most && t->op == OP_GT && f->most(state, t->arg, now) <= t->limit)
		return VERDICT_FALSE;
	return term_compare(t, f->read(state, t->arg, now));
}

/* -- as text ----------------------------------------------------------------------------------- */

static void
format_text(const struct term *t, struct str *out)
{
	str_adds(out, t->regex ? "(/" : "(\"");
	for (const char *p = t->text; *p; p++) {
		if (!t->regex && (*p == '"' || *p == '\\'))
			str_addc(out, '\\');
		str_addc(out, *p);
	}
	str_adds(out, t->regex ? "/)" : "\")");
}

static void
format_term(const struct term *t, struct str *out)
{
	const struct detector *d = t->detector;

	if (d) {
		str_adds(out, d->name);
		if (t->text)
			format_text(t, out);
		const char *gap = "(";
		for (int i = 0; i < DETECTOR_ARGS && d->arg[i].name; i++, gap = ", ")
			str_addf(out, "%s%s=%.17g", gap, d->arg[i].name, t->arg[i]);
		if (d->arg[0].name)
			str_addc(out, ')');
		return;
	}
	str_adds(out, t->function->name);
	if (t->metric)
		str_addf(out, "(%s)", t->metric);
	else if (t->function->takes != TAKES_NOTHING)
		str_addf(out, "(%.17g)", t->arg[0]);
	str_addf(out, " %s %.17g", ops[t->op], t->limit);
}

static void format_from(const struct condition *c, int *at, struct str *out);

/* An operand, in brackets where its operator (a greater number binds tighter) needs them. */
static void
format_operand(const struct condition *c, int *at, int8_t least, struct str *out)
{
	int8_t code = c->code[*at - 1];
	bool bare = code >= 0 || code >= least;

	str_adds(out, bare ? "" : "(");
	format_from(c, at, out);
	str_adds(out, bare ? "" : ")");
}

/* The operand whose code ends before AT, which is then where it begins. */
static void
format_from(const struct condition *c, int *at, struct str *out)
{
	int8_t code = c->code[--*at];
	struct str left = STR_INIT, right = STR_INIT;

	if (code >= 0) {
		format_term(&c->term[code], out);
		return;
	}
	format_operand(c, at, (int8_t)(code == CONDITION_NOT ? CONDITION_NOT : code + 1), &right);
	if (code == CONDITION_NOT) {
		str_addf(out, "not %s", str_c(&right));
	} else {
		format_operand(c, at, code, &left);
		str_addf(out, "%s %s %s", str_c(&left), code == CONDITION_AND ? "and" : "or",
			 str_c(&right));
	}
	str_release(&left);
	str_release(&right);
}

void
condition_format(const struct condition *c, struct str *out)
{
	int at = c->ncode;

	if (at)
		format_from(c, &at, out);
}
