/* A list of what is known to be local rather than of what is known to be remote: a type that nobody
 * thought of is polled in vain, which costs little, and not overlooked, which costs the user's
 * trust. Numbers from statfs(2) and the kernel's magic.h; not every libc has them all. */
#include "core/fstype.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

static const uint32_t local[] = {
	0xEF53,     /* ext2, ext3, ext4 */
	0x58465342, /* xfs */
	0x9123683E, /* btrfs */
	0x2FC12FC1, /* zfs */
	0xF2F52010, /* f2fs */
	0x01021994, /* tmpfs */
	0xCA451A4E, /* bcachefs */
	0x794C7630, /* overlayfs */
};

bool
fstype_announces(const char *path)
{
	struct statfs fs;
	if (statfs(path, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		if ((uint32_t)fs.f_type == local[i])
			return true;
	return false;
}
