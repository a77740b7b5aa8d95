/* role_name.h - what a metric's name says, before anybody judges it. Private to role*.c. */
#ifndef CORE_ROLE_NAME_H
#define CORE_ROLE_NAME_H

#include "core/role_word.h"

struct reading {
	/* The word that says so, in the part of the name that says what is measured; NULL: none
	 * does. */
	const struct word *loss, *error, *score, *ppl, *lr, *norm;
	const struct word *val, *train; /* anywhere in the name */
	bool grad;                      /* something of gradients, anywhere */
	bool house;                     /* housekeeping */
	bool derived;                   /* a setting or a spread: no value that gets better */
	bool told;  /* it is told which data or how it was averaged: no column of any table */
	bool plain; /* has a word that only metrics have */
	int extra;  /* words beside those: what a part of a loss is called */
	int numbers, depth;
};

void name_read(const char *name, struct reading *r);

#endif
