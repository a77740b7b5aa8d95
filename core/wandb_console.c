/* What the program printed, as W&B kept it: looked through for its last words, nothing else. The
 * numbers in it are in the history already, and files/output.log has the text.
 *
 * Current writers keep pieces as they were written, older ones whole lines, both with the stream
 * they belong to. So each stream has the line that it is at. A bar that is redrawn ends no line and
 * says nothing of an end. */
#include "core/text_line.h"
#include "core/wandb_impl.h"

#include <string.h>

static bool
is_consoles_end(const char *what)
{
	return strncmp(what, "finished", 8) != 0; /* the exit code says that */
}

static void
see_line(struct wandb *w, struct wandb_stream *s)
{
	struct text_line l;
	const char *p = str_c(&s->line);
	if (memchr(p, '\x1B', s->line.len)) {
		str_reset(&w->value);
		text_clean(&w->value, p, p + s->line.len);
		str_reset(&s->line);
		str_add(&s->line, w->value.buf, w->value.len);
		p = str_c(&s->line);
	}
	text_line_read(&l, p, p + s->line.len, w->t.tz_offset_s, w->t.arrival_us);
	bool chained = s->end.chained;
	if (l.p < l.end && text_end_read(&s->end, l.p, l.end, &w->value)) {
		s->end.chained = false;
		/* The first is the reason, unless the program went on. */
		if (is_consoles_end(str_c(&w->value)) && (!w->t.ended || chained)) {
			str_reset(&w->words);
			str_add(&w->words, w->value.buf, w->value.len);
			w->t.ended = true;
			w->t.ended_step = w->t.last_step;
			table_say(&w->t, str_c(&w->words));
		}
	}
	str_reset(&s->line);
}

static void
add_piece(struct wandb_stream *s, const char *p, size_t n)
{
	size_t room = WANDB_MAX_LINE - s->line.len;
	s->over |= n > room;
	str_add(&s->line, p, n < room ? n : room);
	for (char *zero; (zero = memchr(str_c(&s->line), '\0', s->line.len));)
		*zero = ' ';
}

static void
see_text(struct wandb *w, struct wandb_stream *s, const char *p, size_t n)
{
	const char *end = p + n;
	while (p < end) {
		const char *q = p;
		while (q < end && *q != '\n' && *q != '\r')
			q++;
		if (!s->over)
			add_piece(s, p, (size_t)(q - p));
		if (q < end) {
			if (*q == '\n')
				see_line(w, s);
			str_reset(&s->line);
			s->over = false;
		}
		p = q + (q < end);
	}
}

bool
wandb_piece_read(struct pb *m, struct wandb_piece *p)
{
	enum { STREAM = 1, TIME = 2, TEXT = 3 };
	struct pb_field f;
	bool bad = false;
	*p = (struct wandb_piece){.text = NULL};
	while (pb_next(m, &f)) {
		if (f.number == STREAM && f.type == PB_VARINT)
			p->stream = f.value % WANDB_STREAMS;
		else if (f.number == TIME && f.type == PB_BYTES)
			bad |= !wandb_time_read(&f, &p->wall_us);
		else if (f.number == TEXT && f.type == PB_BYTES) {
			p->text = f.bytes;
			p->n = f.n;
		}
	}
	if (bad)
		m->state = PB_BAD;
	return m->state != PB_BAD && p->text;
}

static void
see_output(struct wandb *w, struct pb *m, bool whole_lines)
{
	struct wandb_piece p;
	bool read = wandb_piece_read(m, &p);
	w->bad |= m->state == PB_BAD;
	if (p.wall_us)
		w->t.wall_us = p.wall_us;
	if (!read || w->bad)
		return;
	see_text(w, &w->stream[p.stream], p.text, p.n);
	if (whole_lines && w->stream[p.stream].line.len)
		see_line(w, &w->stream[p.stream]);
}

void
wandb_output(struct wandb *w, struct pb *m)
{
	see_output(w, m, true);
}

void
wandb_output_raw(struct wandb *w, struct pb *m)
{
	see_output(w, m, false);
}

void
wandb_streams_save(const struct wandb *w, struct str *out)
{
	pack_text(out, str_c(&w->words), w->words.len);
	for (size_t i = 0; i < WANDB_STREAMS; i++) {
		const struct wandb_stream *s = &w->stream[i];
		pack_text(out, str_c(&s->line), s->line.len);
		pack_u64(out, s->over);
		pack_u64(out, s->end.tracing);
		pack_u64(out, s->end.chained);
	}
}

static void
load_text(struct str *to, struct unpack *u)
{
	size_t n;
	const char *text = unpack_text(u, &n);
	str_reset(to);
	if (!u->bad)
		str_add(to, text, n);
	if (n > WANDB_MAX_LINE || memchr(str_c(to), 0, to->len))
		u->bad = true;
}

void
wandb_streams_load(struct wandb *w, struct unpack *u)
{
	load_text(&w->words, u);
	for (size_t i = 0; i < WANDB_STREAMS; i++) {
		struct wandb_stream *s = &w->stream[i];
		load_text(&s->line, u);
		s->over = unpack_upto(u, 1);
		s->end.tracing = unpack_upto(u, 1);
		s->end.chained = unpack_upto(u, 1);
	}
}

void
wandb_streams_release(struct wandb *w)
{
	str_release(&w->words);
	for (size_t i = 0; i < WANDB_STREAMS; i++)
		str_release(&w->stream[i].line);
}
