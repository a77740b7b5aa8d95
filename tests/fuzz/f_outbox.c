/* Records of the outbox, as a damaged disk or another version may have left them: read, or refused,
 * and what was read is written as it was. */
#include "core/notice.h"
#include "core/outbox.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(int so)
{
	if (!so)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notice *n = notice_unpack(1, data, size);
	free(outbox_record_run("s00", data, size));
	free(outbox_record_run("n01", data, size));
	if (!n)
		return 0;
	const struct notice *v[] = {n, n};
	struct str s = STR_INIT, again = STR_INIT;
	notice_pack(&s, n);
	struct notice *m = notice_unpack(1, s.buf, s.len);
	need(m != NULL);
	notice_pack(&again, m);
	need(again.len == s.len && memcmp(again.buf, s.buf, s.len) == 0);
	str_reset(&s);
	notice_json(&s, v, 1, "host");
	notice_json(&s, v, 2, "host");
	notice_text(&s, n);
	notice_free(n);
	notice_free(m);
	str_release(&s);
	str_release(&again);
	return 0;
}
