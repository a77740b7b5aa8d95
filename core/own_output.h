/* own_output.h - what this program itself wrote: `mm export > points.csv` in a watched directory is
 * no run, nor is the journal. */
#ifndef CORE_OWN_OUTPUT_H
#define CORE_OWN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Did mm write the file at PATH, whose first N bytes are at HEAD? */
bool own_output(const char *path, const char *head, size_t n);

#endif
