/* wandb_text.h - what a program printed, as a `.wandb` file has it, as a text file.
 *
 * The file's other records are passed over; each line gets the time in front at which it was begun.
 * What was made stands in a file without a name, in $TMPDIR or /var/tmp, so that all that can be
 * done with a text file (log_file.h) can be done with it, and memory does not grow. A file that
 * grows is gone on with where it was read to. */
#ifndef CORE_WANDB_TEXT_H
#define CORE_WANDB_TEXT_H

#include "core/err.h"
#include "core/log_file.h"
#include "core/map.h"

#include <stdbool.h>
#include <stdint.h>

/* What was made, by path, for a while. All zero is empty. */
struct wandb_texts {
	struct map at; /* path → struct wandb_text */
	uint64_t uses;
};
void wandb_texts_release(struct wandb_texts *ts);

/* Like log_file_open(), of any text file. Of a `.wandb` it is what was printed, as far as that can
 * be made until UNTIL_US (monotonic): f->more says that it is not all. TZ_OFFSET_S: of the times in
 * front (stamp.h). */
int wandb_texts_open(struct wandb_texts *ts, struct log_file *f, const char *path,
		     int32_t tz_offset_s, int64_t until_us, struct err *e);

/* Does the beginning of the file have anything that was printed? */
bool wandb_text_has(const char *path);

#endif
