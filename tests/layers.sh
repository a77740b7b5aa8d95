#!/bin/sh
# layers.sh FILE.[ch]... - an #include goes rightwards, never back: tests, tui, store, core, libc.
# A library has one home. Every header compiles alone. Prints each finding; 1 if any.
set -u
cd "$(dirname "$0")/.." || exit 2
: "${CC:=cc}"
bad=0

finding()
{
	echo "layers: $1"
	bad=1
}

# includes PATTERN FILE... - lines that include what the pattern matches
includes()
{
	pattern=$1
	shift
	grep -nE "^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*$pattern" "$@" /dev/null
}

# home LIBRARY-HEADERS FILES-ALLOWED FILE... - the library is included nowhere else
home()
{
	header=$1 allowed=$2
	shift 2
	for f in "$@"; do
		case " $allowed " in *" $f "*) continue ;; esac
		case $f in tests/*) continue ;; esac
		includes "<($header)>" "$f" && finding "$f: <$header> belongs to $allowed alone"
	done
}

for f in "$@"; do
	case $f in
	core/*) above='"(store|tui|tests)/' ;;
	store/*) above='"(tui|tests)/' ;;
	tui/*) above='"tests/' ;;
	*) above='"\.\./' ;;
	esac
	includes "$above" "$f" && finding "$f: includes a layer above its own"
	# A name without a directory would find its way round the rule above.
	includes '"[^/"]*"' "$f" && finding "$f: a project header is named with its directory"
done
home 'lmdb\.h' 'store/db.c store/db_own.h store/db_compact.c' "$@"
home 'n?curses\.h|ncursesw/.*|term\.h' 'tui/term_curses.c' "$@"
home 'curl/.*' 'tui/post.c' "$@"
home 'csv\.h' 'core/csv_cells.c' "$@"
home 'openssl/.*' 'core/sha256.c' "$@"
home 'zlib\.h' 'core/zip.c' "$@"

for f in "$@"; do
	case $f in *.h) ;; *) continue ;; esac
	printf '#include "%s"\ntypedef int compiles_alone;\n' "$f" |
		$CC -std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c - ||
		finding "$f: does not compile alone"
done
exit $bad
