/* One line of a log as a terminal would show it: nothing unsafe comes out, and what was written
 * reads back the same. */
#include "core/ansi.h"
#include "core/utf8.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(int right)
{
	if (!right)
		abort();
}

static void
check_cells(const struct ansi_line *l)
{
	check(l->n <= ANSI_COLUMNS);
	for (size_t i = 0; i < l->n; i++) {
		uint32_t ch = l->cell[i].ch;
		check(ch ? utf8_safe(ch) == ch && ch >= 0x20 : i > 0);
		if (ch == 0)
			check(utf8_width(l->cell[i - 1].ch) == 2);
		else if (utf8_width(ch) == 2)
			check(i + 1 < l->n && l->cell[i + 1].ch == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ansi_line a = {0}, b = {0};
	struct str text = STR_INIT;
	ansi_read(&a, (const char *)data, (const char *)data + size);
	check_cells(&a);
	ansi_write(&a, &text);
	ansi_read(&b, str_c(&text), str_c(&text) + text.len);
	check(a.n == b.n);
	for (size_t i = 0; i < a.n; i++)
		check(a.cell[i].ch == b.cell[i].ch && a.cell[i].attr == b.cell[i].attr);
	str_release(&text);
	ansi_release(&a);
	ansi_release(&b);
	return 0;
}
