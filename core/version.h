/* version.h - which mm this is: said by --version and written into the ingest lock. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define MM_VERSION "0.1.0"

#endif
