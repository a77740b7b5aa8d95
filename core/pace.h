/* pace.h - how fast a run goes, robustly: from a few (step, time) marks, pauses left out.
 *
 * And how long it usually is silent, learned from the arrivals that were watched; the basis of
 * "quiet" and "stalled". */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include "core/str.h"

#include <stdbool.h>
#include <stdint.h>

#define PACE_N 32

/* A plain value. All zero is valid and empty. Marks are
 * at least a second apart or a step that went back. */
struct pace {
	uint32_t n;    /* marks in use */
	uint32_t head; /* index of the oldest */
	struct pace_mark {
		int64_t step;
		int64_t wall_us;
	} mark[PACE_N];
	/* A decayed histogram over gaps between arrivals of bytes: bucket i holds gaps of 2^i …
	 * 2^(i+1) ms. */
	uint16_t gap[32];
	int64_t last_arrival_us; /* 0: nothing arrived while we watched */
	/* The longest silence that was survived, forgotten slowly: it shrinks by 1/200 of the time
	 * that passes, so a pause of a minute counts for hours and one of an hour for days. */
	int64_t longest_us;
	int64_t last_step; /* of the newest row */
	int64_t stride; /* the newest step of a row less the one before, if positive; 0: unknown */
};

/* STEP is the run's step (unit step before epoch before row), WALL_US the row's own time (0:
 * unknown). For every row. */
void pace_step(struct pace *p, int64_t step, int64_t wall_us);
/* Bytes arrived while we were watching (never called for what was there before). */
void pace_arrival(struct pace *p, int64_t now_us);
/* Steps per second over neighbouring marks, those left out that are a pause (more than 4 times the
 * median time of a step) or a jump (less than a quarter of it); 0 when unknown. */
double pace_rate(const struct pace *p);
/* The longest silence in µs that is still usual, at least 1 s: from the gaps that were watched,
 * else from the marks. 0: unknown. */
int64_t pace_usual_gap_us(const struct pace *p);
/* How long a silence has to last to be alarming: max(5 min, 10 × the median gap, 3 × the usual
 * one), at most 6 h or half as long again as the usual one. Never 0. */
int64_t pace_stall_us(const struct pace *p);
/* Both, for about the price of one; and the little else that a run's state is judged by. */
struct pace_limits {
	int64_t usual_us, stall_us;
	int64_t last_arrival_us, last_step, stride;
};
struct pace_limits pace_limits(const struct pace *p);
/* In few bytes, and back; false: they are none. */
void pace_pack(struct str *out, const struct pace *p);
bool pace_unpack(struct pace *p, const void *bytes, size_t n);
/* Seconds until TOTAL at RATE steps a second; negative when unknown. */
double pace_left_s(double rate, int64_t last_step, int64_t total);
/* The same at pace_rate(). */
double pace_eta_s(const struct pace *p, int64_t last_step, int64_t total);

#endif
