/* loop.h - one thread waits for many things: descriptors, timers, signals. epoll underneath. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* FN is called with EVENTS (EPOLLIN, …) while FD is registered. A callback may remove any fd, its
 * own too. */
void loop_fd(struct loop *l, int fd, uint32_t events,
	     void (*fn)(void *ctx, int fd, uint32_t events), void *ctx);
void loop_fd_events(struct loop *l, int fd, uint32_t events);
void loop_fd_remove(struct loop *l, int fd);

/* One-shot timers on the monotonic clock; FN may arm its own again. A timer lives until freed. */
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_timer_set(struct loop_timer *t, int64_t in_us); /* negative: disarm */
bool loop_timer_armed(const struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* Blocks SIGNO and delivers it through FN, inside the loop. */
void loop_signal(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx);

/* Runs until loop_stop(). */
void loop_run(struct loop *l);
/* Waits at most TIMEOUT_US (negative: for ever), handles what is there, returns. */
void loop_once(struct loop *l, int64_t timeout_us);
void loop_stop(struct loop *l);

#endif
