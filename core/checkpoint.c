#include "core/checkpoint.h"

#include "core/model.h"
#include "core/name.h"
#include "core/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const checkpoint_state_name[] = {"unknown", "whole", "growing", "cut"};

const char *
checkpoint_safety(const struct checkpoint *c)
{
	return c->safety > MODEL_DANGER + 1 || c->safety < 1
		       ? NULL
		       : model_safety_name((enum model_safety)(c->safety - 1));
}

/* -- which are ones ---------------------------------------------------------------------------- */

static bool
is_file_name(const char *name)
{
	static const char *const ext[] = {".pt", ".pth",   ".ckpt", ".safetensors",
					  ".h5", ".keras", ".onnx", ".gguf"};
	const char *dot = strrchr(name, '.');
	if (strcmp(name, "pytorch_model.bin") == 0)
		return true;
	if (!dot || dot == name || name[0] == '.')
		return false;
	for (size_t i = 0; i < sizeof ext / sizeof *ext; i++)
		if (strcasecmp(dot, ext[i]) == 0)
			return true;
	return false;
}

/* NAME (N bytes) is that of a directory that is one checkpoint. */
static bool
is_dir_name(const char *name, size_t n)
{
	static const char *const stem[] = {"checkpoint-", "global_step", "iter_"};
	for (size_t i = 0; i < sizeof stem / sizeof *stem; i++) {
		size_t k = strlen(stem[i]);
		if (n > k && memcmp(name, stem[i], k) == 0 &&
		    strspn(name + k, "0123456789") >= n - k)
			return true;
	}
	return false;
}

bool
checkpoint_is_file(const char *path)
{
	return is_file_name(name_last(path));
}

bool
checkpoint_of_path(const char *path, struct str *out)
{
	str_reset(out);
	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		size_t n = strcspn(p + 1, "/");
		if (is_dir_name(p + 1, n)) {
			str_add(out, path, (size_t)(p + 1 + n - path));
			return true;
		}
	}
	if (checkpoint_is_file(path))
		str_adds(out, path);
	return out->len > 0;
}

/* -- the step ---------------------------------------------------------------------------------- */

/* The number behind word W in NAME, with at most one of "=_-" between them; the last such. */
static bool
number_behind(const char *name, const char *w, int64_t *out)
{
	bool found = false;
	size_t n = strlen(w);
	for (const char *p = name; *p; p++) {
		if (strncasecmp(p, w, n) != 0 || (p > name && isalpha((unsigned char)p[-1])))
			continue;
		const char *d = p + n;
		d += *d && strchr("=_-", *d);
		size_t digits = strspn(d, "0123456789");
		if (digits == 0 || digits > 18 || isalpha((unsigned char)d[digits]))
			continue;
		*out = strtoll(d, NULL, 10);
		found = true;
	}
	return found;
}

bool
checkpoint_step_of_name(const char *path, int64_t *step, enum step_unit *unit)
{
	static const char *const steps[] = {"global_step", "step",       "steps", "iter",
					    "iteration",   "checkpoint", "ckpt",  "it"};
	static const char *const epochs[] = {"epoch", "ep", "e"};
	static const char *const stems[] = {"model", "weights", "state", "net"};
	const char *name = name_last(path);
	*unit = STEP_STEP;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (number_behind(name, steps[i], step))
			return true;
	for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++)
		if (number_behind(name, epochs[i], step)) {
			*unit = STEP_EPOCH;
			return true;
		}
	/* A shard's number is none: model-00001-of-00004. */
	for (size_t i = 0; i < sizeof stems / sizeof *stems && !strstr(name, "-of-"); i++)
		if (number_behind(name, stems[i], step))
			return true;
	return false;
}

/* -- the run ----------------------------------------------------------------------------------- */

static bool
nearest(const char *path, bool (*is_run)(void *, const char *), void *ctx, struct str *out)
{
	str_reset(out);
	str_adds(out, path);
	while (out->len > 1) {
		if (is_run(ctx, out->buf))
			return true;
		while (out->len && out->buf[out->len - 1] != '/')
			out->len--;
		out->len -= out->len > 0;
		out->buf[out->len] = '\0';
	}
	return false;
}

bool
checkpoint_run(const char *path, bool (*is_run)(void *ctx, const char *path), void *ctx,
	       struct str *out)
{
	static const char *const part[] = {"ckpt",    "ckpts",  "checkpoint", "checkpoints",
					   "weights", "models", "model"};
	if (nearest(path, is_run, ctx, out))
		return true;
	for (const char *p = strrchr(path, '/'); p && p > path;) {
		size_t n = strcspn(p + 1, "/");
		for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
			if (strlen(part[i]) != n || strncmp(p + 1, part[i], n) != 0)
				continue;
			char *without = xasprintf("%.*s%s", (int)(p - path), path, p + 1 + n);
			bool found = nearest(without, is_run, ctx, out);
			free(without);
			if (found)
				return true;
		}
		do
			p--;
		while (p > path && *p != '/');
	}
	return false;
}
