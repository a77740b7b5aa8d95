/* The tests' stand-in for libFuzzer: replays a corpus and mutates it, the same way every time.
 *
 * Each file is given to the target whole, cut at every byte (long ones at a sample of places), and
 * through a bounded number of seeded mutations: bits flipped, bytes set to awkward values, ranges
 * doubled, dropped or moved. That finds far less than an hour of libFuzzer (`make fuzz`), but it
 * runs with every compiler, in seconds, and never finds something today that it lost yesterday.
 */
#include "core/fnv.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

enum {
	INPUT_MAX = 1 << 20, /* bytes of a corpus file that are used */
	CUTS = 512,          /* places where a file is cut */
	ROUNDS = 400,        /* mutations of each file */
	BYTES = 64 << 20,    /* work on one file: large ones get fewer rounds */
};

static uint64_t rng_state;

/* xorshift64*: the sequence has to be the same on every machine, rand() is not. */
static uint64_t
rng(uint64_t below)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return (rng_state * UINT64_C(2685821657736338717) >> 16) % below;
}

/* From memory of exactly its size, so that a sanitizer sees the first byte read past the end. */
static void
give(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static size_t
mutate(uint8_t *buf, size_t size, size_t room)
{
	static const char awkward[] = "\0\xff\x80\x7f\n\r\t ,;\"'{}[]:\\-+.eE0#N";
	size_t at, len, to;

	if (!size) {
		buf[0] = (uint8_t)rng(256);
		return 1;
	}
	at = rng(size);
	len = 1 + rng(size - at < 64 ? size - at : 64);
	switch (rng(6)) {
	case 0:
		buf[at] ^= (uint8_t)(1u << rng(8));
		return size;
	case 1:
		buf[at] = (uint8_t)awkward[rng(sizeof(awkward) - 1)];
		return size;
	case 2: /* doubled in place */
		if (size + len > room)
			return size;
		memmove(buf + at + len, buf + at, size - at);
		return size + len;
	case 3: /* dropped */
		memmove(buf + at, buf + at + len, size - at - len);
		return size - len;
	case 4: /* copied over something else */
		to = rng(size - len + 1);
		memmove(buf + to, buf + at, len);
		return size;
	default: /* cut */
		return at;
	}
}

static void
exercise(const uint8_t *data, size_t size)
{
	size_t room = size + 1024, rounds = ROUNDS;
	uint8_t *buf = malloc(room);

	if (!buf)
		abort();
	give(data, size);
	size_t cuts = size < CUTS ? size : CUTS;
	if (size && cuts > BYTES / size)
		cuts = BYTES / size;
	for (size_t i = 0; i < cuts; i++)
		give(data, size * i / cuts);
	if (size && rounds > BYTES / size)
		rounds = BYTES / size;
	for (size_t i = 0; i < rounds; i++) {
		size_t n = size;

		memcpy(buf, data, size);
		for (uint64_t k = 1 + rng(8); k; k--)
			n = mutate(buf, n, room);
		give(buf, n);
	}
	free(buf);
}

static int
exercise_file(const char *dir, const char *name)
{
	static uint8_t data[INPUT_MAX];
	char path[4096];
	size_t size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	/* Seeded by the content: another file in the corpus does not change this one's rounds. */
	rng_state = fnv_bytes(UINT64_C(0x9e3779b97f4a7c15), data, size) | 1;
	/* If the target crashes, the last line of the log says on what. */
	printf("# %s, %zu bytes\n", path, size);
	fflush(stdout);
	exercise(data, size);
	return 0;
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **names;
	int count, rc = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	count = scandir(argv[1], &names, visible, alphasort);
	if (count < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (!count) {
		fprintf(stderr, "%s: an empty corpus tests nothing\n", argv[1]);
		rc = 1;
	}
	for (int i = 0; i < count; i++) {
		if (exercise_file(argv[1], names[i]->d_name) < 0)
			rc = 1;
		free(names[i]);
	}
	free(names);
	return rc;
}
