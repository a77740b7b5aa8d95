/* The machine alone, as joblib's too; and as a file. */
#include "core/pickle.h"
#include "tests/fuzz/modelfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends in one of four ways, having read no more than there is. */
static void
run(const uint8_t *data, size_t size, bool joblib)
{
	struct pickle p;
	struct scan *s = malloc(sizeof *s);
	struct blob b = {.fd = -1, .mem = data, .size = size};
	struct str text = STR_INIT;
	pickle_id root;
	if (!s)
		abort();
	pickle_init(&p);
	p.joblib = joblib;
	scan_init(s, &b, 0);
	for (int i = 0; i < 5; i++) {
		enum pickle_end end = pickle_run(&p, s, &root);
		if (root >= p.n || s->at > size || (end == PICKLE_BAD && !p.why[0]))
			abort();
		pickle_show(&p, root, &text, 200);
		if (end != PICKLE_STOP)
			break;
	}
	for (size_t i = 0; i < p.nglobals; i++)
		if (!p.global[i]->module || !p.global[i]->name || !p.global[i]->times)
			abort();
	str_release(&text);
	pickle_release(&p);
	free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, false);
	run(data, size, true);
	modelfile_check(data, size);
	return 0;
}
