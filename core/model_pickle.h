/* model_pickle.h - from what a pickle would build to tensors, metadata and evidence; private to
 * core/model*.c. */
#ifndef CORE_MODEL_PICKLE_H
#define CORE_MODEL_PICKLE_H

#include "core/model_own.h"
#include "core/pickle.h"

/* Where the bytes of a storage are. */
struct storage {
	uint64_t at, bytes; /* in the part's file; BYTES are there of it */
	uint64_t deflated;  /* as in model_tensor */
	bool there;
};

struct pickled {
	struct model_file *f;
	struct pickle *p;
	/* The storage that a persistent id names; NULL: the pickle has none. */
	struct storage *(*find)(void *ctx, const char *key);
	void *ctx;
	bool swapped; /* big-endian storages */
	/* Where the blob that the pickle was read from is in the part's file, for arrays within
	 * it. */
	bool placed;
	uint64_t base;

	/* private */
	struct str path;
	unsigned parts; /* of the path */
	uint64_t visits, scalars;
	bool told;
	struct map seen;  /* storages and places in them, to find tied tensors */
	uint64_t missing; /* bytes of storages that are not (all) there; each storage once */
};

/* Adds all that is below ROOT. */
void pickled_walk(struct pickled *w, pickle_id root);
void pickled_release(struct pickled *w);

/* Each storage that is named anywhere in the pickle: its key, bytes an element (1 when unknown),
 * elements. */
void pickled_storages(const struct pickle *p,
		      void (*fn)(void *ctx, const char *key, unsigned size, uint64_t numel),
		      void *ctx);
/* How the pickle at WHERE ended, when not as it should. */
void pickled_say_end(struct model *m, const char *where, const struct pickle *p,
		     enum pickle_end end);
/* PyTorch's stream of before 1.6; S stands at its begin. */
int model_read_torch_legacy(struct model_file *f, struct scan *s);
bool model_is_torch_legacy(const struct blob *b);

/* What names the pickle uses, into the model's evidence. WHERE: the member it is from, or "". END:
 * how far it could be read. SCRIPT: TorchScript's loader, which knows no Python names. */
void pickled_judge(struct model *m, const struct pickle *p, const char *where, enum pickle_end end,
		   bool script);

#endif
