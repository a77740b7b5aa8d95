/* Manifests of versions. The input is the first line, sealed here, for nobody finds its SHA-256 by
 * chance: what is taken is written and read back as the same, names nothing outside the version;
 * cut anywhere it is refused. */
#include "core/reg_impl.h"

#include "core/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
get(struct version *v, const char *p, size_t n)
{
	struct err e = {0};
	*v = (struct version){.model = xstrdup("net"), .number = 7};
	return reg_manifest_get(v, p, n, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = STR_INIT, again = STR_INIT, third = STR_INIT;
	struct version v, w;
	str_add(&s, data, size);
	/* the seal is of one line */
	for (size_t i = 0; i < s.len; i++)
		if (s.buf[i] == '\n')
			s.buf[i] = ' ';
	reg_seal(&s);
	if (get(&v, s.buf, s.len) == 0) {
		for (size_t i = 0; i < v.nfiles; i++) {
			assert(v.file[i].path[0] != '/');
			assert(strncmp(v.file[i].path, "../", 3) != 0);
			assert(!strstr(v.file[i].path, "/../"));
		}
		reg_manifest_put(&again, &v);
		assert(get(&w, again.buf, again.len) == 0);
		reg_manifest_put(&third, &w);
		assert(third.len == again.len && memcmp(third.buf, again.buf, again.len) == 0);
		version_release(&w);
		size_t cut = size ? data[0] * (s.len - 2) / 255 : 0;
		assert(get(&w, s.buf, cut) < 0);
		version_release(&w);
	}
	version_release(&v);
	str_release(&s);
	str_release(&again);
	str_release(&third);
	return 0;
}
