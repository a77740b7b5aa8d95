/* checkpoint.h - which files and directories are checkpoints, of which run and step: by their names
 * alone. */
#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "core/series.h"
#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

enum checkpoint_state {
	CHECKPOINT_UNKNOWN, /* nothing says whether it is whole */
	CHECKPOINT_WHOLE,
	CHECKPOINT_GROWING, /* it was being written when it was looked at */
	CHECKPOINT_CUT,     /* its header promises more than there is, or it is damaged */
	CHECKPOINT_NSTATES,
};
extern const char *const checkpoint_state_name[]; /* "whole", …; "unknown" */

enum { CHECKPOINT_UNJUDGED = 0, CHECKPOINT_NO_MODEL = 255 };

/* What is known of one, by its path. */
struct checkpoint {
	uint64_t bytes;
	int64_t mtime_us; /* of its newest file */
	int64_t step;     /* inside; INT64_MIN: it doesn't say */
	int safety;       /* of loading it: 1 + enum model_safety, or one of those above */
	enum checkpoint_state state;
};
/* "DANGER", as core/model.h has it; NULL: it is no model, or was not judged. */
const char *checkpoint_safety(const struct checkpoint *c);

/* PATH is, or lies within, a checkpoint: a file *.pt *.pth *.ckpt *.safetensors *.h5 *.keras *.onnx
 * *.gguf, pytorch_model.bin; or a directory checkpoint-N, global_step*, iter_*, which is one, and
 * what lies in it no other. OUT gets its path: PATH, or a directory above it. */
bool checkpoint_of_path(const char *path, struct str *out);

/* PATH itself is a model's file, by its name: no log. */
bool checkpoint_is_file(const char *path);

/* The step that a name says: step=500, step_500, checkpoint-500, iter_0000500, global_step500,
 * epoch=9 (then *UNIT is STEP_EPOCH; a step beside it wins), a number behind a stem that says
 * checkpoint or model (model_500.pt). False: none. */
bool checkpoint_step_of_name(const char *path, int64_t *step, enum step_unit *unit);

/* The run of a checkpoint at PATH: the nearest directory above it (or itself) that IS_RUN; else the
 * same without one part of it that is called ckpt, ckpts, checkpoint, checkpoints, weights, models
 * or model. False: none. */
bool checkpoint_run(const char *path, bool (*is_run)(void *ctx, const char *path), void *ctx,
		    struct str *out);

#endif
