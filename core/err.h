/* err.h - what went wrong, in words, set once where it is known. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

enum err_code {
	ERR_OK = 0,
	ERR_SYS = -1,      /* the system refused: words end in strerror() */
	ERR_FORMAT = -2,   /* input is not what it claims to be */
	ERR_USAGE = -3,    /* the person asked for something that makes no sense: exit 2 */
	ERR_NOTFOUND = -4, /* what was named does not exist: exit 1 */
	ERR_BUSY = -5,     /* somebody else holds it */
	ERR_CORRUPT = -6,  /* the store is damaged */
	ERR_VERSION = -7,  /* the store is newer than this program */
	ERR_FULL = -8,     /* no space, or a stated limit */
};

struct err {
	int code; /* enum err_code */
	char text[500];
};

/* Sets code and words, and returns the code: `return err_set(e, ERR_FORMAT, "…")`. E may be
 * NULL. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* As err_set with ERR_SYS; appends ": " and the words of errno. */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
