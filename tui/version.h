/* version.h - which mm this is. */
#ifndef TUI_VERSION_H
#define TUI_VERSION_H

#define MM_VERSION "0.1.0"

#endif
