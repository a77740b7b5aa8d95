# mm - plain GNU make and pkg-config; every .c file is found by its place.
#
#   make                     an optimised ./mm
#   make test [T=REGEX]      build and run every test, or those whose name matches
#   make demo                train small networks for real and watch them in mm
#   make lint, make format   check the formatting, the layers, banned calls; apply the formatting
#   make bench [T=REGEX]     measure; never part of the tests (make bench-store: the store alone)
#   make soak [TIME=SECONDS]   1000 growing runs, an ingester, a viewer: minutes, or hours
#   make interop [T=REGEX]   real writers, from the package index, write; mm reads along
#   make fuzz [T=REGEX] [TIME=SECONDS]     libFuzzer binaries (clang); with TIME, run them
#   make install [PREFIX=/usr/local] [DESTDIR=]
#   make deps                install what is missing (Debian); test and demo do it by themselves
#
#   SAN=address,undefined    a sanitized build beside the plain one
#   CC=clang, DEVELOPER=1 (warnings are errors), V=1 (show the commands)
#   B=DIR                    build there and leave ./mm alone

PREFIX ?= /usr/local
SAN ?=
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

empty :=
CCNAME := $(subst $(empty) ,_,$(notdir $(CC)))
B := build/$(CCNAME)-$(or $(SAN),plain)
# ./mm is the plain build's; a sanitized or private one stays in its directory.
MM := $(B)/mm
INSTALL_HERE := $(if $(SAN)$(filter command,$(origin B)),,mm)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$1' '$(patsubst $(B)/%,%,$2)')
# As many jobs as there are processors, unless the caller has said how many.
jobs = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

# ---- flags

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wundef -Wwrite-strings $(if $(DEVELOPER),-Werror)
MACHINE := $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),-march=x86-64-v2)
PACKAGES := ncursesw lmdb libpcre2-8 yaml-0.1 libcrypto zlib libcurl
PACKAGES_OK := $(shell pkg-config --exists $(PACKAGES) 2>/dev/null && echo yes)
ifeq ($(PACKAGES_OK),yes)
PKG_CFLAGS := $(filter-out -D_XOPEN_SOURCE=% -D_DEFAULT_SOURCE,$(shell pkg-config --cflags $(PACKAGES)))
LMDB := $(shell pkg-config --libs lmdb)
CURSES := $(shell pkg-config --libs ncursesw)
YAML := $(shell pkg-config --libs yaml-0.1)
PCRE2 := $(shell pkg-config --libs libpcre2-8)
CRYPTO := $(shell pkg-config --libs libcrypto)
ZLIB := $(shell pkg-config --libs zlib)
endif
CMOCKA = $(shell pkg-config --libs cmocka)
SSL = $(shell pkg-config --libs libssl libcrypto)

OPTIMISE := $(if $(SAN),-O1,-O2)
comma := ,
# A number that does not fit its integer is a part of "undefined" for clang alone.
CHECKS := $(SAN)$(if $(findstring undefined,$(SAN)),$(comma)float-cast-overflow)
SAFETY := $(if $(SAN),-fsanitize=$(CHECKS) -fno-sanitize-recover=all -fno-omit-frame-pointer,\
	-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
CFLAGS ?= $(OPTIMISE) -g
ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -I. $(MACHINE) $(WARNINGS) $(SAFETY) $(PKG_CFLAGS) $(CFLAGS) \
	$(CPPFLAGS)
ALL_LDFLAGS := $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

CORE_LIBS := $(PCRE2) $(YAML) $(CRYPTO) $(ZLIB) -lcsv -lm
STORE_LIBS := $(LMDB) $(CORE_LIBS)
TUI_LIBS := $(CURSES) $(STORE_LIBS)

# ---- what there is

CORE := $(wildcard core/*.c)
STORE := $(wildcard store/*.c)
TUI := $(filter-out tui/main.c,$(wildcard tui/*.c))
UNIT_HELP := $(filter-out tests/unit/t_%.c,$(wildcard tests/unit/*.c))
FUZZ_HELP := $(filter-out tests/fuzz/f_%.c tests/fuzz/main.c,$(wildcard tests/fuzz/*.c))
BENCH_HELP := $(filter-out tests/bench/b_%.c,$(wildcard tests/bench/*.c))
DEMO := $(filter-out tests/demo/t_%.c,$(wildcard tests/demo/*.c))

unit = $(basename $(wildcard tests/unit/$1/t_*.c))
UNIT := $(call unit,core) $(call unit,store) $(call unit,tui)
SMALL := $(call unit,core_small) $(call unit,store_small)
DEMO_TESTS := $(basename $(wildcard tests/demo/t_*.c))
FUZZ := $(basename $(wildcard tests/fuzz/f_*.c))
BENCH := $(basename $(wildcard tests/bench/b_*.c))
# A script is a test when its first line says so: helpers that are sourced have no #!.
SCRIPTS := $(shell awk 'FNR == 1 && /^\#!/ { print FILENAME }' $(wildcard tests/cli/*.sh \
	tests/live/*.sh tests/screen/*.sh tests/crash/*.sh tests/demo/t_*.sh) /dev/null)

matching = $(if $(T),$(shell printf '%s\n' $1 | grep -E -- '$(T)'),$1)
WANTED := $(call matching,$(UNIT) $(SMALL) $(DEMO_TESTS) $(FUZZ) $(SCRIPTS))
WANTED_PROGRAMS := $(filter $(UNIT) $(SMALL) $(DEMO_TESTS) $(FUZZ),$(WANTED))
WANTED_SCRIPTS := $(filter $(SCRIPTS),$(WANTED))

# ---- mm

.PHONY: all libs FORCE
all: $(MM) $(INSTALL_HERE)
libs: $(B)/libcore.a $(B)/libstore.a $(B)/libtui.a

# A running ./mm is replaced, not overwritten; an equal one keeps its time.
mm: $(MM) FORCE
	$(Q)cmp -s $< $@ || { cp $< $@.new && mv -f $@.new $@; }

$(MM): $(B)/tui/main.o $(B)/libtui.a $(B)/libstore.a $(B)/libcore.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(TUI_LIBS)

# A stamp changes only when what it says does: other flags rebuild all, a deleted file its library.
define stamp
$1: FORCE
	@$$(if $$(PACKAGES_OK),,$$(error libraries are missing: `make deps` installs them (tests/deps.txt)))
	@mkdir -p $$(@D)
	@printf '%s\n' '$2' | cmp -s - $$@ || printf '%s\n' '$2' >$$@
endef
$(eval $(call stamp,$(B)/flags,$(CC) $(ALL_CFLAGS)))

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The same sources with constants shrunk, so that tests reach the edges with few points.
$(B)/small/%.o: %.c $(B)/flags
	$(call say,CC,$< (small))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DMM_SMALL=1 -MMD -MP -c -o $@ $<

# $1 archive, $2 sources, $3 small/ or nothing
define archive
$(eval $(call stamp,$(B)/$3$1.list,$2))
$(B)/$3$1.a: $(patsubst %.c,$(B)/$3%.o,$2) $(B)/$3$1.list
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && ar rcs $$@ $$(filter %.o,$$^)
endef
$(eval $(call archive,libcore,$(CORE)))
$(eval $(call archive,libstore,$(STORE)))
$(eval $(call archive,libtui,$(TUI)))
$(eval $(call archive,libunit,$(UNIT_HELP)))
$(eval $(call archive,libfuzz,$(FUZZ_HELP)))
$(eval $(call archive,libbench,$(BENCH_HELP)))
$(eval $(call archive,libdemo,$(filter-out %/main.c,$(DEMO))))
$(eval $(call archive,libcore,$(CORE),small/))
$(eval $(call archive,libstore,$(STORE),small/))
$(eval $(call archive,libunit,$(UNIT_HELP),small/))

# ---- test programs: each is linked with its layer and what lies below it, and no more

# $1 programs' names (sources without .c), $2 more objects and archives, $3 libraries, $4 small/
define programs
$(patsubst %,$(B)/%,$1): $(B)/%: $(B)/$4%.o $2
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $3
endef
core := $(B)/libcore.a
store := $(B)/libstore.a $(core)
tui := $(B)/libtui.a $(store)
$(eval $(call programs,$(call unit,core),$(B)/libunit.a $(core),$$(CMOCKA) $(CORE_LIBS)))
$(eval $(call programs,$(call unit,store),$(B)/libunit.a $(store),$$(CMOCKA) $(STORE_LIBS)))
$(eval $(call programs,$(call unit,tui),$(B)/libunit.a $(tui),$$(CMOCKA) $(TUI_LIBS)))
$(eval $(call programs,$(call unit,core_small),$(B)/small/libunit.a $(B)/small/libcore.a,\
	$$(CMOCKA) $(CORE_LIBS),small/))
$(eval $(call programs,$(call unit,store_small),$(B)/small/libunit.a $(B)/small/libstore.a \
	$(B)/small/libcore.a,$$(CMOCKA) $(STORE_LIBS),small/))
$(eval $(call programs,$(DEMO_TESTS),$(B)/libdemo.a,$$(CMOCKA) -lm))
$(eval $(call programs,tests/demo/main,$(B)/libdemo.a,-lm))
$(eval $(call programs,$(BENCH),$(B)/libbench.a $(B)/libunit.a $(tui),$(TUI_LIBS)))
$(eval $(call programs,tests/soak/writer,,-lm))
$(eval $(call programs,tests/live/server,,$$(SSL)))
# A fuzz target runs in the tests with a plain main that replays and mutates its corpus; libFuzzer
# brings its own.
FUZZER := $(findstring fuzzer,$(SAN))
# The branches of a checksum tell libFuzzer nothing, and watching them took most of its time.
ifneq ($(FUZZER),)
$(B)/core/crc%.o: ALL_CFLAGS += -fno-sanitize=fuzzer-no-link
endif
$(eval $(call programs,$(FUZZ),$(if $(FUZZER),,$(B)/tests/fuzz/main.o) $(B)/libfuzz.a $(tui),\
	$(TUI_LIBS) $(if $(FUZZER),-fsanitize=fuzzer)))

# ---- doing things with them

.PHONY: test run-tests build-tests unit-programs
test:
	@tests/deps.sh test
	@$(MAKE) --no-print-directory run-tests

# What does not build is one failure, not the end of the others.
run-tests:
	@built=yes; $(MAKE) --no-print-directory -k $(jobs) build-tests || built=no; \
	B=$(B) MM=$(abspath $(MM)) MM_SAN=$(SAN) BUILT=$$built tests/run.sh $(WANTED)

# The demo trainer is written by tests too: scripts find it beside the binary under test.
build-tests: $(patsubst %,$(B)/%,$(WANTED_PROGRAMS)) \
	$(if $(WANTED_SCRIPTS),$(MM) $(INSTALL_HERE) $(if $(DEMO),$(B)/tests/demo/main) \
		$(B)/tests/live/server)

.PHONY: demo
demo:
	@tests/deps.sh build
	@$(MAKE) --no-print-directory $(jobs) all $(B)/tests/demo/main
	@MM=$(MM) TRAINER=$(B)/tests/demo/main tests/demo/demo.sh $(DEMO_ARGS)

.PHONY: bench bench-store
bench-store:
	@$(MAKE) --no-print-directory bench T='b_(store|memory)'
bench: $(MM) $(patsubst %,$(B)/%,$(call matching,$(BENCH)))
	@for b in $(call matching,$(BENCH)); do \
		echo "== $$b"; MM=$(abspath $(MM)) $(B)/$$b || exit; done

.PHONY: soak
soak: $(MM) $(B)/tests/soak/writer
	@MM=$(abspath $(MM)) WRITER=$(abspath $(B)/tests/soak/writer) TIME=$(or $(TIME),120) \
		tests/soak/soak.sh

# Helpers that are sourced have no #!.
INTEROP := $(shell awk 'FNR == 1 && /^\#!/ { print FILENAME }' $(wildcard tests/interop/*.sh) /dev/null)
.PHONY: interop
interop: $(MM)
	@bad=0; for t in $(call matching,$(INTEROP)); do \
		echo "== $$t"; MM=$(abspath $(MM)) B=$(B) $$t || bad=1; done; exit $$bad

# New inputs are collected under build/; those worth keeping are copied to tests/fuzz/corpus by hand.
.PHONY: fuzz fuzz-programs
fuzz-programs: $(patsubst %,$(B)/%,$(call matching,$(FUZZ)))
fuzz:
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined fuzz-programs
	@for f in $(notdir $(call matching,$(FUZZ))); do \
		bin=build/clang-fuzzer-no-link,address,undefined/tests/fuzz/$$f; \
		found=build/corpus/$${f#f_}; mkdir -p $$found; \
		set -- $$bin $$found $$(ls -d tests/fuzz/corpus/$${f#f_} 2>/dev/null); \
		if [ -n "$(TIME)" ]; then "$$@" -max_total_time=$(TIME) -timeout=10 \
			-artifact_prefix=build/corpus/ || exit; \
		else echo "$$*"; fi; done

.PHONY: lint format
SOURCES := $(wildcard core/*.[ch] store/*.[ch] tui/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])
lint:
	@CC='$(CC)' tests/lint.sh $(SOURCES)
format:
	$(Q)clang-format -i $(call matching,$(SOURCES))

.PHONY: deps
deps:
	@tests/deps.sh $(if $(filter 1,$(CI)),ci,test)

.PHONY: install uninstall
install: $(MM)
	install -D -m 755 $(MM) $(DESTDIR)$(PREFIX)/bin/mm
	install -D -m 644 tui/mm.1 $(DESTDIR)$(PREFIX)/share/man/man1/mm.1
	install -D -m 644 mm.conf.example $(DESTDIR)$(PREFIX)/share/doc/mm/mm.conf.example
	mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/user
	sed 's|@BIN@|$(PREFIX)/bin|' tui/mm.service >$(DESTDIR)$(PREFIX)/lib/systemd/user/mm.service
	$(if $(wildcard tui/mm.bash),install -D -m 644 tui/mm.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/mm)
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mm $(DESTDIR)$(PREFIX)/share/man/man1/mm.1 \
		$(DESTDIR)$(PREFIX)/share/doc/mm/mm.conf.example \
		$(DESTDIR)$(PREFIX)/lib/systemd/user/mm.service \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/mm

.PHONY: clean
clean:
	rm -rf build mm mm.new

FORCE:
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
