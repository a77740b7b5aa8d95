/* The extremes of numbers, with the constants that ship. */
#include "tests/unit/store_small/t_extreme.c"
