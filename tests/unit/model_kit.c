#include "tests/unit/model_kit.h"

#include "core/crc32.h"
#include "core/xalloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

void
kit_u16(struct str *out, uint16_t v)
{
	str_addc(out, (char)v);
	str_addc(out, (char)(v >> 8));
}

void
kit_u32(struct str *out, uint32_t v)
{
	kit_u16(out, (uint16_t)v);
	kit_u16(out, (uint16_t)(v >> 16));
}

void
kit_u64(struct str *out, uint64_t v)
{
	kit_u32(out, (uint32_t)v);
	kit_u32(out, (uint32_t)(v >> 32));
}

void
kit_f32(struct str *out, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	kit_u32(out, bits);
}

void
put_zeros(struct str *out, size_t n)
{
	while (n--)
		str_addc(out, '\0');
}

void
safetensors_write(struct str *out, const char *header, const void *data, size_t n)
{
	kit_u64(out, strlen(header));
	str_adds(out, header);
	str_add(out, data, n);
}

/* -- zip --------------------------------------------------------------------------------------- */

static void
deflate_all(struct str *out, const void *p, size_t n, int level)
{
	z_stream z = {0};
	unsigned char buf[4096];
	if (deflateInit2(&z, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die("deflate");
	union {
		const void *in;
		unsigned char *p;
	} u = {p};
	z.next_in = u.p;
	z.avail_in = (uInt)n;
	int rc;
	do {
		z.next_out = buf;
		z.avail_out = sizeof buf;
		rc = deflate(&z, Z_FINISH);
		str_add(out, buf, sizeof buf - z.avail_out);
	} while (rc == Z_OK);
	deflateEnd(&z);
}

void
zipper_add(struct zipper *z, const char *name, const void *p, size_t n, int level)
{
	struct str body = STR_INIT, *o = &z->out, *d = &z->directory;
	if (level)
		deflate_all(&body, p, n, level);
	else
		str_add(&body, p, n);
	uint32_t crc = crc32_ieee(0, p, n);
	size_t at = o->len, pad = 0, extra = z->wide ? 20 : 0;
	if (z->align) {
		size_t begin = at + 30 + strlen(name) + extra + 4;
		pad = 4 + (z->align - begin % z->align) % z->align;
	}
	bool later = z->sizes_behind;
	uint16_t flags = (uint16_t)(z->flags | (later ? 0x0808 : 0));
	uint32_t packed = z->wide ? UINT32_MAX : (uint32_t)body.len;
	uint32_t size = z->wide ? UINT32_MAX : (uint32_t)n;
	str_add(o, "PK\3\4", 4);
	kit_u16(o, 20);
	kit_u16(o, flags);
	kit_u16(o, level ? 8 : 0);
	kit_u32(o, 0);
	kit_u32(o, later ? 0 : crc);
	kit_u32(o, later ? 0 : packed);
	kit_u32(o, later ? 0 : size);
	kit_u16(o, (uint16_t)strlen(name));
	kit_u16(o, (uint16_t)(pad + extra));
	str_adds(o, name);
	if (z->wide) {
		kit_u16(o, 1);
		kit_u16(o, 16);
		kit_u64(o, n);
		kit_u64(o, body.len);
	}
	if (pad) {
		str_add(o, "FB", 2);
		kit_u16(o, (uint16_t)(pad - 4));
		for (size_t i = 4; i < pad; i++)
			str_addc(o, 'Z');
	}
	str_add(o, body.buf, body.len);
	if (later) {
		str_add(o, "PK\7\10", 4);
		kit_u32(o, crc);
		kit_u32(o, (uint32_t)body.len);
		kit_u32(o, (uint32_t)n);
	}
	str_add(d, "PK\1\2", 4);
	kit_u16(d, 20);
	kit_u16(d, 20);
	kit_u16(d, flags);
	kit_u16(d, level ? 8 : 0);
	kit_u32(d, 0);
	kit_u32(d, crc);
	kit_u32(d, packed);
	kit_u32(d, size);
	kit_u16(d, (uint16_t)strlen(name));
	kit_u16(d, z->wide ? 28 : 0);
	kit_u16(d, 0);
	kit_u16(d, 0);
	kit_u16(d, 0);
	kit_u32(d, 0);
	kit_u32(d, z->wide ? UINT32_MAX : (uint32_t)at);
	str_adds(d, name);
	if (z->wide) {
		kit_u16(d, 1);
		kit_u16(d, 24);
		kit_u64(d, n);
		kit_u64(d, body.len);
		kit_u64(d, at);
	}
	z->n++;
	str_release(&body);
}

void
zipper_end(struct zipper *z)
{
	struct str *o = &z->out;
	size_t at = o->len, n = z->directory.len;
	str_add(o, z->directory.buf, n);
	if (z->wide) {
		size_t end = o->len;
		str_add(o, "PK\6\6", 4);
		kit_u64(o, 44);
		kit_u16(o, 45);
		kit_u16(o, 45);
		kit_u32(o, 0);
		kit_u32(o, 0);
		kit_u64(o, z->n);
		kit_u64(o, z->n);
		kit_u64(o, n);
		kit_u64(o, at);
		str_add(o, "PK\6\7", 4);
		kit_u32(o, 0);
		kit_u64(o, end);
		kit_u32(o, 1);
	}
	str_add(o, "PK\5\6", 4);
	kit_u16(o, 0);
	kit_u16(o, 0);
	kit_u16(o, (uint16_t)z->n);
	kit_u16(o, (uint16_t)z->n);
	kit_u32(o, z->wide ? UINT32_MAX : (uint32_t)n);
	kit_u32(o, z->wide ? UINT32_MAX : (uint32_t)at);
	kit_u16(o, 0);
}

void
zipper_release(struct zipper *z)
{
	str_release(&z->out);
	str_release(&z->directory);
	*z = (struct zipper){0};
}

/* -- pickles ----------------------------------------------------------------------------------- */

void
pk_begin(struct str *s)
{
	str_add(s, "\x80\2", 2);
}

void
pk_text(struct str *s, const char *z)
{
	str_addc(s, 'X');
	kit_u32(s, (uint32_t)strlen(z));
	str_adds(s, z);
}

void
pk_int(struct str *s, int32_t v)
{
	str_addc(s, 'J');
	kit_u32(s, (uint32_t)v);
}

void
pk_global(struct str *s, const char *module, const char *name)
{
	str_addf(s, "c%s\n%s\n", module, name);
}

void
pk_ops(struct str *s, const char *opcodes)
{
	str_adds(s, opcodes);
}

static void
pk_sizes(struct str *s, const int *v)
{
	pk_ops(s, "(");
	for (; *v >= 0; v++)
		pk_int(s, *v);
	pk_ops(s, "t");
}

void
pk_tensor(struct str *s, const char *type, const char *key, int numel, int offset, const int *shape,
	  const int *stride)
{
	pk_global(s, "torch._utils", "_rebuild_tensor_v2");
	pk_ops(s, "((");
	pk_text(s, "storage");
	pk_global(s, "torch", type);
	pk_text(s, key);
	pk_text(s, "cpu");
	pk_int(s, numel);
	pk_ops(s, "tQ");
	pk_int(s, offset);
	pk_sizes(s, shape);
	pk_sizes(s, stride);
	pk_ops(s, "\x89");
	pk_global(s, "collections", "OrderedDict");
	pk_ops(s, ")RtR");
}

/* -- files ------------------------------------------------------------------------------------- */

static char dir[] = "/tmp/mm-model-XXXXXX";
static char last[300];

void
file_remove(void)
{
	if (last[0])
		unlink(last);
	last[0] = '\0';
	if (!strstr(dir, "XXXXXX"))
		rmdir(dir);
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
}

const char *
file_of(const struct str *s, const char *name)
{
	if (last[0])
		unlink(last);
	if (strstr(dir, "XXXXXX") && !mkdtemp(dir))
		die("%s", dir);
	snprintf(last, sizeof last, "%s/%s", dir, name);
	FILE *f = fopen(last, "wb");
	if (!f || fwrite(str_c(s), 1, s->len, f) != s->len || fclose(f) != 0)
		die("%s", last);
	struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	if (utimensat(AT_FDCWD, last, old, 0) < 0)
		die("%s", last);
	return last;
}

struct model *
opened(const struct str *s, const char *name)
{
	struct model *m;
	struct err e = {0};
	if (model_open(file_of(s, name), &m, &e) < 0)
		die("%s", e.text);
	return m;
}
