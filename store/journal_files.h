/* journal_files.h - the journal on disk: a file a host, in a directory that all hosts may share. */
#ifndef STORE_JOURNAL_FILES_H
#define STORE_JOURNAL_FILES_H

#include "core/err.h"
#include "core/journal.h"

struct journal_files;

/* DIR, or NULL: $XDG_DATA_HOME/mm/journal, else ~/.local/share/mm/journal. Nothing is created or
 * read yet. Without a HOME to put it in the journal is empty, and writing to it fails. */
struct journal_files *journal_files_new(const char *dir);
void journal_files_free(struct journal_files *f);

/* Reads what has grown since the last time, in every host's file. What cannot be read is left out,
 * said in E, and tried again next time; the rest is taken. Costs a directory listing and a stat a
 * file when nothing has. */
int journal_files_refresh(struct journal_files *f, struct err *e);
const struct journal *journal_files_state(const struct journal_files *f);

/* Appends a line to this host's file and takes it into the state. Waits at most a second for
 * somebody who is writing (ERR_BUSY). When it returns 0 the line is on the disk. */
int journal_files_append(struct journal_files *f, const struct journal_topic *t,
			 const struct journal_word *w, int n, struct err *e);

#endif
