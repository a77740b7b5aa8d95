/* A key is a byte, a UTF-8 character, or a sequence that begins with ESC. Terminals agree on
 * ECMA-48's shape of sequences far more than terminfo tells (tmux and screen claim a mouse protocol
 * that ends at column 223, for one), so sequences are taken apart by that shape, and terminfo adds
 * what differs. Whatever has the shape of an answer but is none that was asked for is swallowed,
 * not typed.
 *
 * Bytes may be cut anywhere: what has begun stays in the buffer until the rest comes, or until the
 * caller says that nothing will (a person has pressed ESC). */
#include "tui/input.h"

#include "core/utf8.h"
#include "core/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { MORE = -3, SWALLOWED = -4 }; /* beside K_NONE and K_EOF */

void
input_init(struct input *in)
{
	memset(in, 0, sizeof *in);
}

void
input_release(struct input *in)
{
	for (size_t i = 0; i < in->nbound; i++)
		free(in->bound[i].bytes);
	free(in->bound);
	memset(in, 0, sizeof *in);
}

void
input_bind(struct input *in, const char *bytes, int key)
{
	if (bytes[0] != K_ESC || !bytes[1])
		return;
	struct input_bound *b = vec_push(in->bound, in->nbound, in->cap);
	*b = (struct input_bound){xstrdup(bytes), key};
}

size_t
input_feed(struct input *in, const void *bytes, size_t n)
{
	size_t room = sizeof in->buf - in->n;
	if (n > room)
		n = room;
	memcpy(in->buf + in->n, bytes, n);
	in->n += n;
	return n;
}

static void
consume(struct input *in, size_t n)
{
	in->n -= n;
	memmove(in->buf, in->buf + n, in->n);
}

/* -- sequences: each looks at the buffer, sets *LEN, returns a key, SWALLOWED or MORE ---------- */

static int
bound_sequence(const struct input *in, size_t *len)
{
	bool begun = false;
	for (size_t i = 0; i < in->nbound; i++) {
		size_t n = strlen(in->bound[i].bytes);
		size_t common = n < in->n ? n : in->n;
		if (memcmp(in->buf, in->bound[i].bytes, common) != 0)
			continue;
		if (common == n) {
			*len = n;
			return in->bound[i].key;
		}
		begun = true;
	}
	return begun ? MORE : SWALLOWED;
}

static int
letter_key(int final)
{
	switch (final) {
	case 'A':
		return K_UP;
	case 'B':
		return K_DOWN;
	case 'C':
		return K_RIGHT;
	case 'D':
		return K_LEFT;
	case 'H':
		return K_HOME;
	case 'F':
		return K_END;
	case 'P':
		return K_F1;
	case 'Q':
		return K_F2;
	case 'R':
		return K_F3;
	case 'S':
		return K_F4;
	case 'Z':
		return K_BACKTAB;
	default:
		return SWALLOWED;
	}
}

static int
tilde_key(int number)
{
	static const int16_t function[] = {
		[11] = 1, [12] = 2, [13] = 3, [14] = 4,  [15] = 5,  [17] = 6,
		[18] = 7, [19] = 8, [20] = 9, [21] = 10, [23] = 11, [24] = 12};
	switch (number) {
	case 1:
	case 7:
		return K_HOME;
	case 2:
		return K_INSERT;
	case 3:
		return K_DELETE;
	case 4:
	case 8:
		return K_END;
	case 5:
		return K_PGUP;
	case 6:
		return K_PGDN;
	default:
		if (number > 0 && number < (int)(sizeof function / sizeof *function) &&
		    function[number])
			return K_F1 + function[number] - 1;
		return SWALLOWED;
	}
}

/* BITS as xterm sends them: 0 … 2 buttons, 3 none, +32 motion, +64 wheel. */
static int
mouse_key(unsigned bits, int x, int y, bool press, struct mouse *m)
{
	if ((bits & 32) || x < 0 || y < 0)
		return SWALLOWED;
	struct mouse got = {x, y, (int)(bits & 3) + 1, press};
	if (bits & 64)
		got.button = bits & 2 ? 0 : 4 + (int)(bits & 1);
	else if ((bits & 3) == 3)
		got = (struct mouse){x, y, 1, false};
	if (!got.button)
		return SWALLOWED;
	*m = got;
	return K_MOUSE;
}

static int
csi_key(struct input *in, const unsigned char *p, size_t n, int final, struct mouse *m)
{
	int arg[4] = {0}, nargs = 0;
	bool sgr = n > 0 && p[0] == '<';
	bool private = n > 0 && p[0] >= '<';
	for (size_t i = private ? 1 : 0; i < n && nargs < 4; i++) {
		if (p[i] >= '0' && p[i] <= '9') {
			if (arg[nargs] < 100000)
				arg[nargs] = arg[nargs] * 10 + p[i] - '0';
		} else {
			nargs++;
		}
	}
	if (sgr && (final == 'M' || final == 'm'))
		return mouse_key((unsigned)arg[0], arg[1] - 1, arg[2] - 1, final == 'M', m);
	if (private)
		return SWALLOWED;
	switch (final) {
	case '~':
		if (arg[0] == 200 || arg[0] == 201) {
			in->paste = arg[0] == 200;
			return SWALLOWED;
		}
		return tilde_key(arg[0]);
	case 'n':
		if (arg[0] == 0)
			in->answers++;
		return SWALLOWED;
	case 'R': /* with a row and a column it is the answer to a question */
		return arg[0] > 1 ? SWALLOWED : K_F3;
	default:
		return letter_key(final);
	}
}

static int
csi_sequence(struct input *in, size_t *len, struct mouse *m)
{
	const unsigned char *b = in->buf;
	if (in->n < 3)
		return MORE;
	if (b[2] == '[') { /* the Linux console's F1 … F5 */
		if (in->n < 4)
			return MORE;
		*len = 4;
		return b[3] >= 'A' && b[3] <= 'E' ? K_F1 + b[3] - 'A' : SWALLOWED;
	}
	if (b[2] == 'M') {
		if (in->n < 6)
			return MORE;
		*len = 6;
		if (b[3] < 32)
			return SWALLOWED;
		return mouse_key(b[3] - 32u, b[4] - 33, b[5] - 33, ((b[3] - 32u) & 3) != 3, m);
	}
	size_t i = 2;
	while (i < in->n && b[i] >= 0x20 && b[i] <= 0x3f)
		i++;
	if (i == in->n && i < 64)
		return MORE;
	if (i == in->n || b[i] < 0x40 || b[i] > 0x7e) { /* no sequence after all */
		*len = i;
		return SWALLOWED;
	}
	*len = i + 1;
	return csi_key(in, b + 2, i - 2, b[i], m);
}

/* Keys of the keypad in its application mode. */
static int
ss3_sequence(const struct input *in, size_t *len)
{
	static const char pad[] = "*+,-./0123456789"; /* j … y */
	if (in->n < 3)
		return MORE;
	int final = in->buf[2];
	*len = 3;
	if (final == 'M')
		return K_ENTER;
	if (final >= 'j' && final <= 'y')
		return pad[final - 'j'];
	return letter_key(final);
}

/* OSC, DCS and their like: strings that end with BEL or ST. */
static int
string_sequence(const struct input *in, size_t *len)
{
	for (size_t i = 2; i < in->n; i++) {
		bool st = in->buf[i] == K_ESC && i + 1 < in->n && in->buf[i + 1] == '\\';
		if (in->buf[i] == 7 || st) {
			*len = i + 1 + st;
			return SWALLOWED;
		}
	}
	if (in->n < sizeof in->buf)
		return MORE;
	*len = in->n;
	return SWALLOWED;
}

static int
escape_sequence(struct input *in, size_t *len, struct mouse *m)
{
	*len = 1;
	if (in->n == 1)
		return MORE;
	int key = bound_sequence(in, len);
	if (key != SWALLOWED)
		return key;
	switch (in->buf[1]) {
	case '[':
		return csi_sequence(in, len, m);
	case 'O':
		return ss3_sequence(in, len);
	case ']':
	case 'P':
	case '_':
	case '^':
		return string_sequence(in, len);
	default: /* Alt and a key, or ESC and then a key */
		return K_ESC;
	}
}

static int
character(const struct input *in, size_t *len)
{
	unsigned c = in->buf[0];
	*len = 1;
	if (c == 0x7f || c == 8)
		return K_BACKSPACE;
	if (c == '\n')
		return K_ENTER;
	if (c == 0)
		return SWALLOWED;
	if (c < 0x80)
		return (int)c;
	size_t need = c >= 0xf5 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
	size_t have = 1;
	while (have < need && have < in->n && (in->buf[have] & 0xc0) == 0x80)
		have++;
	if (have < need && have == in->n)
		return MORE;
	uint32_t ch;
	const char *p = (const char *)in->buf;
	*len = (size_t)(utf8_next(p, p + in->n, &ch) - p);
	return utf8_safe(ch) == ch && ch != UTF8_BAD ? (int)ch : SWALLOWED;
}

int
input_key(struct input *in, struct mouse *m, bool flush)
{
	while (in->n > 0) {
		size_t len = 1;
		bool was_paste = in->paste;
		int key = in->buf[0] == K_ESC ? escape_sequence(in, &len, m) : character(in, &len);
		if (key == MORE) {
			if (!flush)
				return K_NONE;
			/* A person types ESC and then perhaps [; half of anything longer is a torn
			 * sequence, and typing its rest would run commands. */
			key = in->buf[0] == K_ESC && in->n <= 2 ? K_ESC : SWALLOWED;
			len = key == K_ESC ? 1 : in->n;
		}
		consume(in, len);
		if (key == SWALLOWED)
			continue;
		if (!was_paste)
			return key;
		if (key >= ' ' && key < KEYS_BASE)
			return key | K_PASTED;
	}
	return K_NONE;
}

bool
input_pending(const struct input *in)
{
	return in->n > 0;
}
