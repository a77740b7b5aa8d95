/* Imports of tar files that may be anybody's: whatever they say, nothing but a whole version of
 * what its manifest names is taken up, and nothing is written outside the registry. */
#include "core/regfs.h"
#include "core/registry.h"

#include "core/xalloc.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
	(void)sb;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
must_not(void *ctx, const char *wrong)
{
	(void)ctx;
	fprintf(stderr, "%s\n", wrong);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char top[] = "/tmp/mm-fuzz-tar-XXXXXX";
	if (access("/dev/shm", W_OK) == 0)
		memcpy(top, "/dev/shm/mmtarXXXXXX", sizeof "/dev/shm/mmtarXXXXXX");
	assert(mkdtemp(top));
	char *file = xasprintf("%s/in.tar", top), *dir = xasprintf("%s/registry", top);
	FILE *f = fopen(file, "w");
	assert(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
	struct registry *r;
	struct err e = {0};
	struct version v;
	bool fresh;
	assert(registry_open(dir, &r, &e) == 0);
	if (registry_import(r, file, NULL, NULL, &v, &fresh, &e) == 0)
		version_release(&v);
	assert(registry_verify(r, NULL, true, must_not, NULL, NULL, &e) == 0);
	registry_close(r);
	char **name;
	size_t n;
	assert(regfs_list(top, &name, &n) == 0 && n == 2);
	regfs_names_free(name, n);
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(file);
	free(dir);
	return 0;
}
