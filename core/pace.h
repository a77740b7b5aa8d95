/* pace.h - how fast a run goes, robustly: from a few (step, time) marks, pauses left out. */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_N 32

/* A plain value: it is stored as it is in the run's record. Marks are at least a second apart or a step that went back. */
struct pace {
	uint32_t n;    /* marks in use */
	uint32_t head; /* index of the oldest */
	struct pace_mark {
		int64_t step;
		int64_t wall_us;
	} mark[PACE_N];
	/* How long it usually is silent: a decayed histogram over gaps between arrivals of bytes, bucket i holds gaps of
	 * 2^i … 2^(i+1) ms; the basis of "quiet" and "stalled". */
	uint16_t gap[32];
	int64_t last_arrival_us;
};

/* STEP is the run's step (unit step before epoch before row), WALL_US the row's own time. */
void pace_step(struct pace *p, int64_t step, int64_t wall_us);
/* Bytes arrived while we were watching (never called for what was there before). */
void pace_arrival(struct pace *p, int64_t now_us);
/* Steps per second: the median over neighbouring marks whose gap is no pause; 0 when unknown. */
double pace_rate(const struct pace *p);
/* The longest silence in µs that is still usual (about the 99th percentile of the gaps, at least 1 s); 0: unknown. */
int64_t pace_usual_gap_us(const struct pace *p);
/* Seconds until TOTAL at pace_rate(); negative when unknown. */
double pace_eta_s(const struct pace *p, int64_t last_step, int64_t total);

#endif
