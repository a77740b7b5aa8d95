/* text_number.h - numbers and durations as programs print them for people. */
#ifndef CORE_TEXT_NUMBER_H
#define CORE_TEXT_NUMBER_H

/* The number at P and the unit that sticks to it; the byte behind both, or NULL when it is none, or
 * only the beginning of something else (a version, a date, a time of day). */
const char *text_number(const char *p, const char *end, double *v);
/* "tensor(0.5, device='cuda:0')", "np.float64(0.5)", "array([0.5])" at P: the one number that is in
 * the call, and the byte behind it; or NULL. */
const char *text_made_number(const char *p, const char *end, double *v);
/* "1:02:03", "02:03", "1 day, 2:03:04", "1m 20s" at P, in seconds; or NULL. */
const char *text_duration(const char *p, const char *end, double *s);

#endif
