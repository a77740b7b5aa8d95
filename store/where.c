/* Where the store is, decided once for viewer, ingester and command alike: they must agree, so
 * nothing here depends on what exists already, but for the file system the place is on. */
#include "store/store.h"

#include "store/dir.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An absolute name: a daemon leaves the directory it was started in. */
static int
absolute(const char *path, struct str *out, struct err *e)
{
	char cwd[PATH_MAX];

	if (path[0] != '/') {
		if (!getcwd(cwd, sizeof cwd))
			return err_sys(e, "cannot tell the current directory");
		str_adds(out, cwd);
		str_addc(out, '/');
	}
	str_adds(out, path);
	while (out->len > 1 && out->buf[out->len - 1] == '/')
		out->buf[--out->len] = '\0';
	return 0;
}

static int
by_default(struct str *out, struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	/* The XDG specification: a relative path is to be ignored. */
	if (state && state[0] == '/') {
		str_addf(out, "%s/mm", state);
		return 0;
	}
	if (home && home[0] == '/') {
		str_addf(out, "%s/.local/state/mm", home);
		return 0;
	}
	return err_set(e, ERR_USAGE, "no HOME: say where the store is, with --store DIR");
}

int
store_where(const char *given, bool insist, struct str *out, struct str *note, struct err *e)
{
	const char *env = getenv("MM_STORE");
	int code;

	str_reset(out);
	if (given && *given)
		code = absolute(given, out, e);
	else if (env && *env)
		code = absolute(env, out, e);
	else
		code = by_default(out, e);
	if (code)
		return code;
	const char *fs = insist ? NULL : dir_refused(str_c(out));
	if (!fs)
		return 0;

	struct str local = STR_INIT;
	str_addf(&local, "/var/tmp/mm-%ld", (long)geteuid());
	const char *also = dir_refused(str_c(&local));
	if (also)
		code = err_set(
			e, ERR_USAGE,
			"%s is on %s and /var/tmp on %s: a store needs a local disk; name one "
			"with --store DIR",
			str_c(out), fs, also);
	else
		code = dir_private(str_c(&local), e);
	if (!code) {
		if (note)
			str_addf(note, "%s is on %s, where a store must not live: using %s",
				 str_c(out), fs, str_c(&local));
		str_reset(out);
		str_add(out, local.buf, local.len);
	}
	str_release(&local);
	return code;
}
