/* hdf5_own.h - private to hdf5*.c. */
#ifndef CORE_HDF5_OWN_H
#define CORE_HDF5_OWN_H

#include "core/hdf5.h"
#include "core/map.h"

enum {
	HDF5_SPACE = 1,
	HDF5_LINK_INFO = 2,
	HDF5_TYPE = 3,
	HDF5_LINK = 6,
	HDF5_LAYOUT = 8,
	HDF5_FILTERS = 11,
	HDF5_ATTRIBUTE = 12,
	HDF5_CONTINUATION = 16,
	HDF5_TABLE = 17,
	HDF5_ATTRIBUTE_INFO = 21,
};

struct hdf5 {
	struct blob b;
	uint64_t base;        /* added to every address */
	unsigned wide, longs; /* bytes of an address, of a length */
	uint64_t root;
	struct map seen; /* object headers */
	size_t objects;
	uint64_t work; /* pages read: a limit on what a small file can ask for */
	const struct hdf5_visitor *v;
	struct str path;
};

/* A walk over bytes in memory. What is beyond the end reads as 0, and says so. */
struct bytes {
	const unsigned char *p;
	size_t n, at;
	bool cut;
};
uint64_t bytes_uint(struct bytes *b, unsigned width);
const unsigned char *bytes_take(struct bytes *b, size_t n);

struct hdf5_message {
	unsigned type, flags;
	struct bytes body;
	uint64_t at; /* of the body in the file */
};

/* N bytes at an address, to be freed; NULL: not there, or too many. */
unsigned char *hdf5_load(struct hdf5 *h, uint64_t address, uint64_t n);
bool hdf5_defined(const struct hdf5 *h, uint64_t address); /* not the one that means none */
void hdf5_remark(struct hdf5 *h, bool bad, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Calls FN for each message of the object header at ADDRESS; false: it is none. */
bool hdf5_messages(struct hdf5 *h, uint64_t address,
		   void (*fn)(void *ctx, struct hdf5 *h, struct hdf5_message *m), void *ctx);

/* -- hdf5_value.c */
bool hdf5_read_space(struct hdf5 *h, struct bytes *b, struct hdf5_data *d);
/* SHARED: the body says where the type is. */
bool hdf5_read_type(struct hdf5 *h, struct bytes *b, bool shared, struct hdf5_type *t);
bool hdf5_read_layout(struct hdf5 *h, const struct hdf5_message *m, struct hdf5_data *d);
/* Name (to be freed) and value. */
char *hdf5_read_attribute(struct hdf5 *h, const struct hdf5_message *m, struct hdf5_data *d);

#endif
