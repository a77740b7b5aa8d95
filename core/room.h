/* room.h - how much room there is where runs lie. */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct room {
	uint64_t fs;         /* of which file system */
	double free_bytes;   /* for who is not root */
	double disk, inodes; /* free, as shares; NaN where it does not count them (btrfs' inodes) */
};

/* The file system of PATH; 0: it cannot be asked. */
uint64_t room_fs(const char *path);
/* False: PATH cannot be asked. PATH may be a directory or a file. */
bool room_of(const char *path, struct room *out);

/* Bytes of the newest checkpoint of RUN (its path): a file or directory that is called like one, in
 * its directory or in checkpoints, ckpt, weights, models below it. One that is being written is not
 * complete, so the larger of the two newest counts. At most ROOM_ENTRIES entries of a directory are
 * looked at. 0: there is none. */
enum { ROOM_ENTRIES = 2000 };
uint64_t room_checkpoint(const char *run);

#endif
