# SPDX-License-Identifier: GPL-3.0-or-later
#
# Shootdown: one Makefile, no recursion, no configure step.
#
#   make debate    everything from a bare machine to the verdicts
#   make check     everything from a bare machine to "N passed, N failed"
#   make help      the other targets and the variables
#
# Sources are found, not listed: every .c under sim/, models/ and analysis/
# goes into one static library, except t/ (tests) and sim/cli/main.c.  A t/
# file that is not called test_*.c is a helper, shared by all tests.
# Objects depend on the command line that made them ($(BUILD)/flags), so a
# change of CC, OPT or SANITIZE never mixes two kinds of objects.

MAKEFLAGS	+= --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

SHELL		:= /bin/bash
CC		:= gcc
OPT		:= -O2
SANITIZE	:=
BUILD		:= build
ROOMS		:= sim models analysis
PREFIX		:= /usr/local
T		:= test_

MACHINE		:= $(shell $(CC) -dumpmachine 2>/dev/null || uname -m)
CFLAGS		:= -std=c11 -D_GNU_SOURCE $(OPT) -g -ffp-contract=off \
		   $(if $(filter x86_64%,$(MACHINE)),-mno-red-zone) -Wall -Wextra
CPPFLAGS	:= -I. -I$(BUILD)
LDLIBS		:= -lgsl -lgslcblas -lsqlite3 -lyaml -lm
ifneq ($(SANITIZE),)
CFLAGS		+= -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
CFLAGS		+= $(EXTRA_CFLAGS)
# Not part of the tracked flags: a stricter build of the same objects.
ifneq ($(WERROR),)
STRICT		:= -Werror
endif

sources		:= $(sort $(shell find $(ROOMS) -name '*.c' -not -path '*/t/*' -not -path sim/cli/main.c))
test_sources	:= $(sort $(shell find $(ROOMS) -path '*/t/test_*.c'))
help_sources	:= $(sort $(shell find $(ROOMS) -path '*/t/*.c' -not -name 'test_*.c'))
test_scripts	:= $(sort $(shell find .ci $(ROOMS) -path '*/t/test_*.sh'))
main_source	:= $(wildcard sim/cli/main.c)

objects		:= $(sources:%.c=$(BUILD)/obj/%.o)
help_objects	:= $(help_sources:%.c=$(BUILD)/obj/%.o)
test_objects	:= $(test_sources:%.c=$(BUILD)/obj/%.o)
main_object	:= $(main_source:%.c=$(BUILD)/obj/%.o)
tests		:= $(addprefix $(BUILD)/t/,$(basename $(notdir $(test_sources))))
library		:= $(BUILD)/libshootdown.a
# An archive, so that a test links the helpers it calls and no others.
helpers		:= $(if $(help_sources),$(BUILD)/libhelpers.a)
binary		:= $(if $(main_source),$(BUILD)/shootdown)
generated	:= $(BUILD)/gen/version.h $(if $(wildcard sim/store/schema.sql),$(BUILD)/gen/schema_sql.h)

twice		:= $(shell printf '%s\n' $(notdir $(test_sources)) | sort | uniq -d)
$(if $(twice),$(error two tests have one name: $(twice)))

# Models and engine run on stacks of 16 KiB; their tests do not.
small_frames	:= $(filter models/% sim/engine/%,$(sources))
frame		= $(if $(filter -O2,$(OPT)),$(if $(SANITIZE),,$(if $(filter \
		  $(small_frames),$(1)),-Wframe-larger-than=1024)))

Q		:= $(if $(V),,@)
say		= $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

all: $(library) $(binary)	## build the program (default)

lib: $(library)			## build the library only
tests: $(tests)			## build the test programs

# Linked beside and renamed: whoever runs a program meanwhile runs the old one,
# not half of the new one ("not found", "permission denied").
$(binary): $(main_object) $(library)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@.new $(main_object) $(library) $(LDLIBS)
	$(Q)mv -f $@.new $@

$(library): $(objects) $(BUILD)/members
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(objects)

$(BUILD)/libhelpers.a: $(help_objects)
	$(Q)rm -f $@ && ar rcs $@ $(help_objects)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(generated)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(STRICT) $(call frame,$<) $(CPPFLAGS) -MMD -MP -c -o $@ $<

define test_rule
$(BUILD)/t/$(basename $(notdir $(1))): $(1:%.c=$(BUILD)/obj/%.o) $(helpers) $(library)
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS) -o $$@.new $$< $(helpers) $(library) $(LDLIBS)
	$$(Q)mv -f $$@.new $$@
endef
$(foreach t,$(test_sources),$(eval $(call test_rule,$(t))))

-include $(patsubst %.o,%.d,$(objects) $(help_objects) $(test_objects) $(main_object))

# --- generated files ---------------------------------------------------------
# Each is rewritten only when its text changes.
define update
	$(Q)mkdir -p $(@D)
	$(Q)cmp -s $@.new $@ && rm -f $@.new || mv $@.new $@
endef

$(BUILD)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(CC) $(CFLAGS) $(CPPFLAGS)' > $@.new
	$(update)

# So that the object of a removed source leaves the library.
$(BUILD)/members: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' $(objects) > $@.new
	$(update)

$(BUILD)/gen/version.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q).ci/version.sh > $@.new
	$(update)

$(BUILD)/gen/schema_sql.h: sim/store/schema.sql .ci/sql-to-c.awk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)awk -f .ci/sql-to-c.awk $< > $@

# As many jobs as CPUs, unless the caller has said.
jobs		= $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# --- what people call ----------------------------------------------------------
deps:				## install missing packages (only those; needs root or sudo)
	@.ci/deps.sh

debate: deps			## install, build, run the debate, print the verdicts
	@$(MAKE) --no-print-directory $(jobs) all
	@$(BUILD)/shootdown debate

check:				## install, build, run every test
	@.ci/deps.sh check
	@$(MAKE) --no-print-directory $(jobs) -k WERROR=1 all tests || touch $(BUILD)/check-build-failed
	@BUILD=$(BUILD) .ci/check.sh $(test_scripts) $(tests)

chosen_tests	= $(foreach t,$(test_sources),$(if $(findstring $(T),$(t)),$(BUILD)/t/$(basename $(notdir $(t)))))
chosen_scripts	= $(foreach t,$(test_scripts),$(if $(findstring $(T),$(t)),$(t)))
test:				## build and run the tests whose path contains T=...
	@$(MAKE) --no-print-directory $(jobs) lib $(if $(chosen_scripts),all) $(chosen_tests)
	@BUILD=$(BUILD) .ci/check.sh $(chosen_scripts) $(chosen_tests)

layers:				## check which room includes which
	@.ci/layers.sh

bench: all			## speed beside its floors, and beside the last table kept
	@$(BUILD)/shootdown bench -o results/bench.txt

validate: all			## the model against closed forms
	@$(BUILD)/shootdown validate

install: all			## into PREFIX=/usr/local (DESTDIR= for packaging)
	install -D -m 755 $(BUILD)/shootdown $(DESTDIR)$(PREFIX)/bin/shootdown
	for f in $$(find configs scenarios -name '*.yaml'); do \
		install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/shootdown/$$f || exit 1; done

clean:				## remove BUILD=build
	rm -rf $(BUILD)

help:				## this list
	@sed -n 's/^\([a-z]*\):[^#]*##/\1/p' Makefile | \
		while read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done
	@echo '  variables: CC=gcc OPT=-O2 SANITIZE=address,undefined BUILD=build WERROR=1'
	@echo '             V=1 (show commands), T=name (for test), PREFIX, DESTDIR'

FORCE:
.PHONY: all lib tests deps debate check test layers bench validate install clean help FORCE
