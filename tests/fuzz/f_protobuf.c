/* Fields lie within the message, in order and without overlap, and a message of which only a part
 * has arrived gives the same fields as far as it goes. */
#include "core/protobuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
same(const struct pb_field *a, const struct pb_field *b)
{
	return a->number == b->number && a->type == b->type && a->value == b->value && a->n == b->n;
}

static void
compare(const uint8_t *data, size_t have, size_t size)
{
	struct pb whole, part;
	struct pb_field f, g;
	uint8_t *exact = malloc(have ? have : 1);
	must(exact);
	memcpy(exact, data, have);
	pb_init(&whole, data, size, size);
	pb_init(&part, exact, have, size);
	const unsigned char *from = part.p;
	while (pb_next(&part, &g)) {
		must(pb_next(&whole, &f) && same(&f, &g));
		must(g.number && g.number < 1u << 29 && g.have <= g.n);
		must(part.p > from && part.p <= part.end);
		if (g.type == PB_BYTES) {
			must((const unsigned char *)g.bytes > from && part.p <= part.end);
			must((const unsigned char *)g.bytes + g.have == part.p);
			must(!memcmp(g.bytes, f.bytes, g.have));
			must(g.have == g.n || part.p == part.end);
		}
		from = part.p;
	}
	must(part.state == PB_CUT || part.state == PB_BAD ||
	     (part.state == PB_END && have == size));
	/* What is bad of the part is bad of the whole. */
	if (part.state == PB_BAD)
		must(!pb_next(&whole, &f) && whole.state == PB_BAD);
	free(exact);
}

/* Messages within messages, as far as the bytes go. */
static void
descend(const char *p, size_t n, int depth)
{
	struct pb m;
	struct pb_field f;
	pb_init(&m, p, n, n);
	while (pb_next(&m, &f))
		if (f.type == PB_BYTES && depth < 8)
			descend(f.bytes, f.n, depth + 1);
}

static void
packed(const uint8_t *data, size_t size, enum pb_type type, size_t least)
{
	struct pb m;
	uint64_t v;
	size_t n = 0;
	pb_init(&m, data, size, size);
	while (pb_next_packed(&m, type, &v))
		n++;
	must(n * least <= size && (m.state == PB_END || m.state == PB_BAD));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t have = size ? data[size - 1] * size / 255 : 0;
	compare(data, size, size);
	compare(data, have, size);
	descend((const char *)data, size, 0);
	packed(data, size, PB_VARINT, 1);
	packed(data, size, PB_FIXED32, 4);
	packed(data, size, PB_FIXED64, 8);
	return 0;
}
