#include "core/hole.h"

/* Where the zeros begin that end before TO, but not before FROM. */
static size_t
zeros_before(const char *buf, size_t from, size_t to)
{
	while (to > from && buf[to - 1] == 0)
		to--;
	return to;
}

/* Bytes from the file's byte AT to the end of its page. */
static size_t
page_left(uint64_t at)
{
	return HOLE_PAGE - (size_t)(at % HOLE_PAGE);
}

size_t
hole_find(const struct hole *h, const char *buf, size_t len, uint64_t offset, size_t from,
	  size_t to)
{
	if (h->settled > offset && h->settled - offset > from)
		from = h->settled - offset < to ? (size_t)(h->settled - offset) : to;
	for (size_t at = from, end; at < to; at = end) {
		size_t left = page_left(offset + at);
		end = len - at < left ? len : at + left;
		size_t zero = zeros_before(buf, at, end);
		if (zero < end)
			return zero < to ? zero : to;
	}
	return to;
}

static bool
hold(struct hole *h, uint64_t at)
{
	h->holds = true;
	h->at = at;
	return true;
}

bool
hole_holds(struct hole *h, const char *buf, size_t len, uint64_t offset, size_t from, size_t to)
{
	size_t at = hole_find(h, buf, len, offset, from, to);
	return at < to && hold(h, offset + at);
}

bool
hole_holds_zeros(struct hole *h, uint64_t at)
{
	return at >= h->settled && hold(h, at);
}
