#include "core/model_own.h"

int
model_read_dir(struct model *m, const char *path, struct err *e)
{
	(void)m;
	return err_set(e, ERR_FORMAT, "%s: a directory", path);
}
