#include "tests/demo/ckpt.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Little-endian whatever the machine. */
static void
put_le(FILE *f, uint64_t v, int nbytes)
{
	for (int i = 0; i < nbytes; i++)
		fputc((int)(v >> (8 * i) & 0xff), f);
}

static void
put_f32(FILE *f, double v)
{
	float narrow = (float)v;
	uint32_t bits;

	memcpy(&bits, &narrow, sizeof(bits));
	put_le(f, bits, 4);
}

/* The offsets are those into the data, which begins after the header. */
static int
header(char *out, size_t room, const struct net *n, long step, double val_loss)
{
	int at = snprintf(
		out, room,
		"{\"__metadata__\":{\"format\":\"pt\",\"step\":\"%ld\",\"val_loss\":\"%g\"}", step,
		val_loss);
	int from = 0;

	for (int i = 0; i < NET_LAYERS; i++) {
		const struct layer *l = &n->layer[i];
		int matrix = from + 4 * l->in * l->out, end = from + 4 * l->n;

		at += snprintf(out + at, room - (size_t)at,
			       ",\"layer%d.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],"
			       "\"data_offsets\":[%d,%d]}"
			       ",\"layer%d.bias\":{\"dtype\":\"F32\",\"shape\":[%d],"
			       "\"data_offsets\":[%d,%d]}",
			       i, l->out, l->in, from, matrix, i, l->out, matrix, end);
		from = end;
	}
	at += snprintf(out + at, room - (size_t)at, "}");
	while (at % 8)
		out[at++] = ' ';
	return at;
}

int
ckpt_write(const char *path, const struct net *n, long step, double val_loss)
{
	char text[1024], temporary[PATH_MAX];
	int len = header(text, sizeof(text), n, step, val_loss);
	FILE *f;
	int bad;

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	f = fopen(temporary, "wb");
	if (!f)
		return -1;
	put_le(f, (uint64_t)len, 8);
	fwrite(text, 1, (size_t)len, f);
	for (int i = 0; i < n->nparams; i++)
		put_f32(f, n->w[i]);
	bad = fflush(f) || ferror(f) || fsync(fileno(f));
	bad |= fclose(f);
	if (bad || rename(temporary, path)) {
		unlink(temporary);
		return -1;
	}
	return 0;
}
