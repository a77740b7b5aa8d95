/* What is salvaged of a damaged store, with the constants that ship. */
#include "tests/unit/store_small/t_salvage.c"
