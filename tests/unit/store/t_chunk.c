/* The same properties with the constants that ship: blocks of 128 numbers, chunks of a page. */
#include "tests/unit/store_small/t_chunk.c"
