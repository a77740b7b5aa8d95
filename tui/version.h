/* version.h - which mm this is. */
#ifndef TUI_VERSION_H
#define TUI_VERSION_H

#include "core/version.h"

#endif
