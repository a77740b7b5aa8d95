/* Ranks: the logs of one training's processes meet in one run, so what says which process wrote a
 * log is cut out of its path. */
#include "core/run_path.h"

#include "core/run.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool
run_find_rank(struct part s, size_t *from, size_t *to)
{
	static const char *const words[] = {"rank", "worker", "proc", "node"};

	for (size_t i = 0; i < s.n; i++) {
		if (i && isalnum((unsigned char)s.p[i - 1]))
			continue;
		for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
			size_t n = strlen(words[w]), j = i + n;
			if (j > s.n || strncasecmp(s.p + i, words[w], n) != 0)
				continue;
			if (j < s.n && strchr("-_=.", s.p[j]))
				j++;
			size_t digits = j;
			while (j < s.n && isdigit((unsigned char)s.p[j]))
				j++;
			/* node2vec is a model, not a machine. */
			if (j == digits || (j < s.n && isalnum((unsigned char)s.p[j])))
				continue;
			*from = i;
			*to = j;
			if (i)
				(*from)--;
			else if (j < s.n)
				(*to)++;
			return true;
		}
	}
	return false;
}

void
run_add_without_ranks(struct str *out, struct part s)
{
	size_t from, to;

	while (s.n && run_find_rank(s, &from, &to)) {
		str_add(out, s.p, from);
		s.p += to;
		s.n -= to;
	}
	str_add(out, s.p, s.n);
}

/* torchrun --log-dir: attempt_0/3/stdout.log, a directory for each process of the node. */
static bool
is_local_rank(struct part dir, struct part last)
{
	for (size_t i = 0; i < last.n; i++)
		if (!isdigit((unsigned char)last.p[i]))
			return false;
	return last.n > 0 && part_shaped(part_last(dir), "attempt_#*");
}

/* Only names near the file are searched: /home/node3/… is where a run lives, not which part of it
 * this is. */
enum { RANK_DEPTH = 3 };

static void
fold(struct str *out, struct part path, int depth)
{
	struct part last;
	struct part dir = part_dir(path, &last);

	if (depth == 0 || !last.n) {
		str_add(out, path.p, path.n);
		return;
	}
	fold(out, dir, depth - 1);
	size_t before = out->len;
	if (before == 0 || out->buf[before - 1] != '/')
		str_addc(out, '/');
	size_t named = out->len;
	if (!is_local_rank(dir, last))
		run_add_without_ranks(out, last);
	if (out->len == named && named > 1) { /* the name was nothing but a rank */
		out->len = before;
		out->buf[before] = '\0';
	}
}

void
run_fold_ranks(struct str *out, struct part path)
{
	fold(out, path, RANK_DEPTH);
}

/* Nodes have up to 256 processes; beyond that the order is lost, not the fold. */
static unsigned
add_number(unsigned rank, const char *p, const char *end)
{
	unsigned n = 0;
	for (; p < end; p++)
		if (isdigit((unsigned char)*p) && n < RUN_RANKS)
			n = n * 10 + (unsigned)(*p - '0');
	rank = rank * 256 + n;
	return rank < RUN_RANKS ? rank : RUN_RANKS - 1;
}

static unsigned
add_rank(unsigned rank, struct part s)
{
	size_t from, to;

	while (s.n && run_find_rank(s, &from, &to)) {
		rank = add_number(rank, s.p + from, s.p + to);
		s.p += to;
		s.n -= to;
	}
	return rank;
}

unsigned
run_rank_of_log(const char *path)
{
	struct part part[RANK_DEPTH + 1] = {{0}}, rest = {path, strlen(path)};
	unsigned rank = 0;

	for (int i = RANK_DEPTH; i >= 0 && rest.n > 1; i--)
		rest = part_dir(rest, &part[i]);
	for (int i = 0; i <= RANK_DEPTH; i++)
		rank = i && is_local_rank(part[i - 1], part[i])
			       ? add_number(rank, part[i].p, part[i].p + part[i].n)
			       : add_rank(rank, part[i]);
	return rank;
}
