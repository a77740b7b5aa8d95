/* A version as one file that any tar unpacks (POSIX.1-2001, pax): NAME-vN/manifest first, then its
 * files below NAME-vN/files/. What an import takes up is only what the manifest names, with the
 * content that it says: the archive may be anybody's. */
#include "core/reg_impl.h"

#include "core/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512, CHUNK = 1 << 20, PAX_MAX = 1 << 20, MANIFEST_MAX = 64 << 20 };
#define OCTAL_MAX 077777777777ull /* what the field for the size holds */

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* -- writing ----------------------------------------------------------------------------------- */

struct out {
	int fd;
	off_t at;
	const char *name;
	struct err *e;
};

static int
put(struct out *o, const void *p, size_t n)
{
	for (size_t k = 0; k < n;) {
		ssize_t w = regfs_pwrite(o->fd, (const char *)p + k, n - k, o->at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w == 0)
			errno = ENOSPC;
		if (w <= 0)
			return errno == ENOSPC || errno == EDQUOT
				       ? err_set(o->e, ERR_FULL, "%s: %s", o->name, strerror(errno))
				       : err_sys(o->e, "%s", o->name);
		k += (size_t)w;
		o->at += w;
	}
	return 0;
}

static int
pad(struct out *o, uint64_t n)
{
	static const char zero[BLOCK];
	return n % BLOCK ? put(o, zero, BLOCK - n % BLOCK) : 0;
}

static int
put_header(struct out *o, const char *name, char type, uint64_t size, unsigned mode, int64_t mtime)
{
	struct header h;
	memset(&h, 0, sizeof h);
	unsigned sum = 0;
	snprintf(h.name, sizeof h.name, "%.99s", name);
	snprintf(h.mode, sizeof h.mode, "%07o", mode);
	memcpy(h.uid, "0000000", 8);
	memcpy(h.gid, "0000000", 8);
	snprintf(h.size, sizeof h.size, "%011llo",
		 (unsigned long long)(size > OCTAL_MAX ? 0 : size));
	snprintf(h.mtime, sizeof h.mtime, "%011llo",
		 (unsigned long long)(mtime < 0 || (uint64_t)mtime > OCTAL_MAX ? 0 : mtime));
	memset(h.sum, ' ', sizeof h.sum);
	h.type = type;
	memcpy(h.magic, "ustar", 6);
	memcpy(h.version, "00", 2);
	for (size_t i = 0; i < sizeof h; i++)
		sum += ((unsigned char *)&h)[i];
	snprintf(h.sum, sizeof h.sum, "%06o", sum);
	return put(o, &h, sizeof h);
}

/* A pax record says its own length, its digits included. */
static void
pax_add(struct str *s, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, n = rest;
	for (size_t was = 0; was != n;) {
		char digits[24];
		was = n;
		n = rest + (size_t)snprintf(digits, sizeof digits, "%zu", was);
	}
	str_addf(s, "%zu %s=%s\n", n, key, value);
}

static int
put_entry(struct out *o, const char *name, uint64_t size, unsigned mode, int64_t mtime)
{
	struct str pax = STR_INIT;
	char digits[24];
	int code = 0;
	if (strlen(name) > 99)
		pax_add(&pax, "path", name);
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)size);
	if (size > OCTAL_MAX)
		pax_add(&pax, "size", digits);
	if (pax.len) {
		code = put_header(o, "pax", 'x', pax.len, 0644, mtime);
		if (code == 0)
			code = put(o, pax.buf, pax.len);
		if (code == 0)
			code = pad(o, pax.len);
	}
	str_release(&pax);
	return code < 0 ? code : put_header(o, name, '0', size, mode, mtime);
}

static int
put_file(struct out *o, const char *from, const struct version_file *f, struct reg_clock *clock)
{
	struct sha256 h;
	char sha256[SHA256_HEX], *buf = xmalloc(CHUNK);
	int code = 0, fd = regfs_open(from, O_RDONLY, 0);
	uint64_t at = 0;
	if (fd < 0) {
		free(buf);
		return err_sys(o->e, "%s", from);
	}
	sha256_init(&h);
	while (code == 0 && at < f->bytes) {
		size_t n = f->bytes - at < CHUNK ? (size_t)(f->bytes - at) : CHUNK;
		ssize_t k = regfs_pread(fd, buf, n, (off_t)at);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			code = err_sys(o->e, "%s", from);
		if (k <= 0)
			break;
		sha256_add(&h, buf, (size_t)k);
		code = put(o, buf, (size_t)k);
		at += (uint64_t)k;
		if (reg_clock_add(clock, (uint64_t)k) && code == 0)
			code = err_set(o->e, ERR_BUSY, "stopped");
	}
	sha256_hex(&h, sha256);
	sha256_release(&h);
	regfs_close(fd);
	free(buf);
	if (code == 0 && (at != f->bytes || strcmp(sha256, f->sha256) != 0))
		code = err_set(o->e, ERR_CORRUPT,
			       "%s is damaged: its content is not what was saved", from);
	return code < 0 ? code : pad(o, f->bytes);
}

static int
put_version(struct out *o, struct registry *r, const struct version *v, struct reg_clock *clock)
{
	struct str manifest = STR_INIT;
	char *top = xasprintf("%s-v%d", v->model, v->number);
	char *name = xasprintf("%s/manifest", top);
	reg_manifest_put(&manifest, v);
	int code = put_entry(o, name, manifest.len, 0644, v->time_us / 1000000);
	if (code == 0)
		code = put(o, manifest.buf, manifest.len);
	if (code == 0)
		code = pad(o, manifest.len);
	for (size_t i = 0; i < v->nfiles && code == 0; i++) {
		const struct version_file *f = &v->file[i];
		char *inside = xasprintf("%s/files/%s", top, f->path);
		char *from = registry_file(r, v, i);
		code = put_entry(o, inside, f->bytes, f->mode, f->mtime_us / 1000000);
		if (code == 0)
			code = put_file(o, from, f, clock);
		free(inside);
		free(from);
	}
	static const char zero[2 * BLOCK];
	if (code == 0)
		code = put(o, zero, sizeof zero);
	str_release(&manifest);
	free(top);
	free(name);
	return code;
}

/* A new file beside FILE, which nobody else writes to; *NAME is to be freed. */
static int
open_beside(const char *file, char **name)
{
	enum { TRIES = 100 };
	int fd = -1;
	for (int i = 0; i < TRIES; i++) {
		free(*name);
		*name = xasprintf("%s.%ld-%d.mm-part", file, (long)getpid(), i);
		fd = regfs_open(*name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

int
registry_export(struct registry *r, const struct version *v, const char *file,
		registry_progress_fn progress, void *ctx, struct err *e)
{
	struct reg_clock clock;
	char *tmp = NULL;
	struct out o = {.name = file, .e = e};
	reg_clock_init(&clock, v->bytes, progress, ctx);
	o.fd = open_beside(file, &tmp);
	int code = o.fd < 0 ? err_sys(e, "%s", tmp) : put_version(&o, r, v, &clock);
	if (code == 0 && regfs_sync(o.fd) < 0)
		code = err_sys(e, "%s", file);
	if (o.fd >= 0 && regfs_close(o.fd) < 0 && code == 0)
		code = err_sys(e, "%s", file);
	if (code == 0 && regfs_rename(tmp, file) < 0)
		code = err_sys(e, "%s", file);
	if (code < 0 && o.fd >= 0)
		regfs_unlink(tmp);
	free(tmp);
	return code;
}

/* -- reading ----------------------------------------------------------------------------------- */

struct in {
	int fd;
	off_t at, size;
	const char *name;
	struct err *e;
};

struct entry {
	char *name; /* to be freed */
	char type;
	uint64_t size;
	off_t data;
};

static int
get(struct in *t, void *p, size_t n, off_t at)
{
	for (size_t k = 0; k < n;) {
		ssize_t got = regfs_pread(t->fd, (char *)p + k, n - k, at + (off_t)k);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(t->e, "%s", t->name);
		if (got == 0)
			return err_set(t->e, ERR_CORRUPT, "%s is cut off", t->name);
		k += (size_t)got;
	}
	return 0;
}

static bool
octal(const char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;
	size_t i = 0;
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v * 8 + (uint64_t)(p[i] - '0');
	*out = v;
	return i == n || p[i] == '\0' || p[i] == ' ';
}

static bool
sum_ok(const struct header *h)
{
	uint64_t want, sum = 0;
	for (size_t i = 0; i < sizeof *h; i++) {
		bool own = i >= offsetof(struct header, sum) && i < offsetof(struct header, type);
		sum += own ? ' ' : ((const unsigned char *)h)[i];
	}
	return octal(h->sum, sizeof h->sum, &want) && want == sum;
}

/* The value of KEY in pax records; NULL: it is not there. To be freed. */
static char *
pax_get(const char *p, size_t n, const char *key)
{
	const char *end = p + n;
	char *found = NULL;
	size_t nkey = strlen(key);
	while (p < end) {
		char *rest;
		unsigned long len = strtoul(p, &rest, 10);
		if (*rest != ' ' || len > (size_t)(end - p) || len < (size_t)(rest + 2 - p) ||
		    p[len - 1] != '\n')
			break;
		rest++;
		size_t left = (size_t)(p + len - 1 - rest);
		if (left > nkey && memcmp(rest, key, nkey) == 0 && rest[nkey] == '=') {
			free(found);
			found = xstrndup(rest + nkey + 1, left - nkey - 1);
		}
		p += len;
	}
	return found;
}

/* 1: EN is the next file; 0: the end. */
static int
next(struct in *t, struct entry *en)
{
	char *path = NULL, *size = NULL;
	int code;
	for (;;) {
		struct header h;
		uint64_t n;
		if ((code = get(t, &h, sizeof h, t->at)) < 0)
			break;
		if (h.name[0] == '\0' && h.type == '\0') {
			code = 0;
			break;
		}
		if (!sum_ok(&h) || !octal(h.size, sizeof h.size, &n)) {
			code = err_set(t->e, ERR_CORRUPT, "%s is no tar file, or damaged", t->name);
			break;
		}
		off_t data = t->at + BLOCK;
		if (size && h.type != 'x')
			n = strtoull(size, NULL, 10);
		if (n > (uint64_t)(t->size - data)) {
			code = err_set(t->e, ERR_CORRUPT, "%s is cut off", t->name);
			break;
		}
		t->at = data + (off_t)((n + BLOCK - 1) / BLOCK * BLOCK);
		if (h.type == 'x') {
			if (n > PAX_MAX) {
				code = err_set(t->e, ERR_CORRUPT, "%s is damaged", t->name);
				break;
			}
			char *pax = xcalloc(1, (size_t)n + 1);
			code = get(t, pax, (size_t)n, data);
			free(path);
			free(size);
			path = pax_get(pax, (size_t)n, "path");
			size = pax_get(pax, (size_t)n, "size");
			free(pax);
			if (code < 0)
				break;
			continue;
		}
		*en = (struct entry){.type = h.type, .size = n, .data = data};
		en->name = path          ? path
			   : h.prefix[0] ? xasprintf("%.155s/%.100s", h.prefix, h.name)
					 : xasprintf("%.100s", h.name);
		path = NULL;
		code = 1;
		break;
	}
	free(path);
	free(size);
	return code;
}

/* The name behind the first part; NULL: there is none. */
static const char *
inside(const char *name)
{
	const char *slash;
	if (name[0] == '.' && name[1] == '/')
		name += 2;
	slash = strchr(name, '/');
	return slash ? slash + 1 : NULL;
}

static int
get_manifest(struct in *t, const struct entry *en, struct version *v)
{
	struct json_node *tree;
	struct err why = {0};
	if (en->size > MANIFEST_MAX)
		return err_set(t->e, ERR_CORRUPT, "%s: its manifest is too large", t->name);
	char *p = xcalloc(1, (size_t)en->size + 1);
	int code = get(t, p, (size_t)en->size, en->data);
	if (code == 0) {
		/* Which version it was is for the manifest to say. */
		code = reg_unseal(p, (size_t)en->size, &tree, &why);
		const char *model = json_text(tree, "model");
		*v = (struct version){.number = (int)json_int(tree, "version", 0)};
		v->model = xstrdup(model ? model : "");
		json_tree_free(tree);
		if (code == 0 && !registry_name_ok(v->model))
			code = err_set(&why, ERR_CORRUPT, "it names no model");
		if (code == 0)
			code = reg_manifest_get(v, p, (size_t)en->size, &why);
		if (code < 0) {
			version_release(v);
			err_set(t->e, code, "%s: its manifest cannot be read: %s", t->name,
				why.text);
		}
	}
	free(p);
	return code;
}

static int
get_files(struct in *t, struct registry *r, struct version *v, struct reg_clock *clock)
{
	bool *there = xcalloc(v->nfiles, sizeof *there);
	struct entry en;
	int code;
	while ((code = next(t, &en)) == 1) {
		const char *name = inside(en.name);
		for (size_t i = 0; name && code == 1 && i < v->nfiles; i++) {
			const struct version_file *f = &v->file[i];
			if (strncmp(name, "files/", 6) != 0 || strcmp(name + 6, f->path) != 0 ||
			    there[i])
				continue;
			if ((en.type != '0' && en.type != '\0') || en.size != f->bytes)
				code = err_set(t->e, ERR_CORRUPT,
					       "%s: %s is not what its manifest says", t->name,
					       f->path);
			else if (reg_store_part(r, t->fd, (uint64_t)en.data, f, clock, t->e) < 0)
				code = t->e->code;
			there[i] = true;
		}
		free(en.name);
		if (code < 0)
			break;
	}
	for (size_t i = 0; i < v->nfiles && code == 0; i++)
		if (!there[i])
			code = err_set(t->e, ERR_CORRUPT, "%s lacks %s", t->name, v->file[i].path);
	free(there);
	return code;
}

static int
import(struct in *t, struct registry *r, struct reg_clock *clock, struct version *v,
       bool *new_version)
{
	struct entry en;
	int code = next(t, &en);
	if (code == 0)
		return err_set(t->e, ERR_CORRUPT, "%s is empty", t->name);
	if (code < 0)
		return code;
	const char *name = inside(en.name);
	code = name && strcmp(name, "manifest") == 0
		       ? get_manifest(t, &en, v)
		       : err_set(t->e, ERR_FORMAT, "%s was not exported by mm version", t->name);
	free(en.name);
	if (code < 0)
		return code;
	clock->p.total = v->bytes;
	v->kind = VERSION_SAVED;
	v->automatic = false; /* a person wants it */
	code = get_files(t, r, v, clock);
	if (code == 0) {
		reg_digest(v);
		code = reg_commit(r, v, new_version, t->e);
	}
	if (code < 0)
		version_release(v);
	return code;
}

int
registry_import(struct registry *r, const char *file, registry_progress_fn progress, void *ctx,
		struct version *out, bool *new_version, struct err *e)
{
	struct in t = {.name = file, .e = e};
	struct reg_clock clock;
	struct stat st;
	int code = reg_make(r, e);
	if (code < 0)
		return code;
	int lock = reg_lock(r, REG_OBJECTS_SHARED, e);
	if (lock < 0)
		return lock;
	reg_clock_init(&clock, 0, progress, ctx);
	t.fd = regfs_open(file, O_RDONLY, 0);
	if (t.fd < 0)
		code = errno == ENOENT ? err_set(e, ERR_NOTFOUND, "%s does not exist", file)
				       : err_sys(e, "%s", file);
	else if (regfs_fstat(t.fd, &st) < 0)
		code = err_sys(e, "%s", file);
	else {
		t.size = st.st_size;
		code = import(&t, r, &clock, out, new_version);
	}
	if (t.fd >= 0)
		regfs_close(t.fd);
	reg_unlock(lock);
	return code;
}
