/* names.h - what runs are called, and how much of it fits. Strings in, strings out. */
#ifndef TUI_NAMES_H
#define TUI_NAMES_H

#include "core/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct named {
	const char *const *path;
	const char *const *given; /* what a person or a framework calls it, or NULL */
	int n;
	bool ascending; /* it is known that each path is greater than the one before */
	bool ascii;
};

/* As model_short_names() (tui/model.h), in A. OUT[of->n] is cleaned for a screen; no two look alike
 * unless two paths are the same. */
void names_make(struct arena *a, const struct named *of, char **out);

/* The name of a directory below PREFIX (the first PREFIX bytes of DIR, a '/' included), without
 * generated parts. Malloc'd. */
char *names_of_dir(const char *dir, size_t len, size_t prefix, bool ascii);

/* A part that a framework makes up and that says nothing: lightning_logs, logs, tb, wandb, files,
 * … */
bool names_generated(const char *part, size_t len);

/* As people sort: seed9 before seed10, lr=3e-4 before lr=0.01 before lr=0.1. Digits with more than
 * one point in them (1.2.10) are numbers each. */
int names_order(const char *a, const char *b);

/* Each NAME in at most W columns: OUT[i] is NULL when it fits as it is, else a malloc'd shorter
 * form with a mark where something was left out. What is shared by all goes first, then the
 * middle; what tells a name from its nearest neighbour stays. Different names stay different from
 * W = 8 on. */
void names_fit(const char *const *name, int n, int w, bool ascii, char **out);

#endif
