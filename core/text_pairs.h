/* text_pairs.h - numbers under names, as programs print them for people: "loss: 0.5, acc=0.9",
 * "step 100/1000 | loss 3.2 | 12 ms", "Epoch [1/10], Step [100/600], Loss: 2.1". */
#ifndef CORE_TEXT_PAIRS_H
#define CORE_TEXT_PAIRS_H

#include "core/text_row.h"

/* Adds what [P, END) says to R. Nothing is judged, but prose that holds numbers leaves words over:
 * once there are more than MOST of them, the rest is not read. */
void text_pairs_scan(struct text_row *r, const char *p, const char *end, unsigned most);

#endif
