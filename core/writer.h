/* writer.h - which process of this host writes to a file, and whether it lives.
 *
 * A trainer that dies says nothing; its process is gone all the same. What /proc tells (proc(5)) is
 * enough: the descriptors of each process that is ours to see, whether they are open for writing
 * (the owner's write bit of the link's mode), and which file they lead to. Nothing here opens a
 * watched file or goes near its directory. */
#ifndef CORE_WRITER_H
#define CORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process is its number and when it started: numbers come round again. All zero: none. */
struct writer {
	int64_t pid;
	uint64_t start; /* clock ticks since the host booted (proc(5), stat, field 22) */
	uint64_t boot;  /* a hash of this boot's id: another boot's processes are gone */
};

/* What is known of who writes a log. */
struct writing {
	struct writer by; /* pid 0: nobody was seen */
	int64_t ended_us; /* wall clock, when the end of BY was noticed; 0: it has not ended */
};

/* Of a run with several logs: a process that lives says more than one that has ended, and a later
 * end more than an earlier one. */
void writing_merge(struct writing *into, const struct writing *w);

struct writer_file {
	uint64_t dev, ino;
	struct writer before; /* wanted is who started no later than this one, which has ended */
	struct writer by;     /* set when found */
};

/* Looks through /proc once for who has one of the N files open for writing; returns for how many
 * somebody was found. A descriptor is inherited, so a file may be open in a shell, in the trainer
 * that it started and in what that started in turn: of several it is the one that started last, or
 * rather the one above it that runs the same program and has the file open too. A program that the
 * trainer runs for a moment is taken for it nevertheless; BEFORE finds who is left.
 * Descriptors of processes that aren't ours can't be seen, unless we are root.
 * This process itself counts like any other. About 2 µs a descriptor. */
size_t writer_find(struct writer_file *file, size_t n);

/* Who writes the event file at PATH by its name, events.out.tfevents.SECONDS.HOST.PID.…: that
 * process of this host, begun before the file was, whoever's it is. False: another host, another
 * process by now, none, or no such name; that nobody is there says nothing, the number may be one
 * of a container's own. */
bool writer_named(const char *path, struct writer *out);

/* The process is there, and no zombie. */
bool writer_alive(const struct writer *w);
/* A descriptor that becomes readable when the process ends (pidfd_open(2)), close-on-exec; -1: it
 * has ended, or the kernel has no such thing (before Linux 5.3). */
int writer_watch(const struct writer *w);
/* By number, as it is now; false: there is none. */
bool writer_of_pid(int64_t pid, struct writer *out);

#endif
