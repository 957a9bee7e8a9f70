# SPDX-License-Identifier: GPL-2.0-only
#
# The command line of dm-blkdebug; the work is done by Kbuild and scripts/.

KDIR ?= /lib/modules/$(shell uname -r)/build

# Without this, make would take Kbuild's objects for its own to build.
.SUFFIXES:
.PHONY: all install clean demo check check-one check-debug check-kernels check-dkms
.PHONY: coverage stress fuzz bench lint help

all: ## build dm-blkdebug.ko for the running kernel, or for KDIR=
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR); install them, or say KDIR=..." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: all ## put it where modprobe finds it
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	depmod -b "$(INSTALL_MOD_PATH)/" \
		"$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)"

clean: ## remove what builds and checks made here; the cache stays
	rm -rf build .tmp_versions .*.cmd *.o *.ko *.mod *.mod.c modules.order Module.symvers
	find blkdebug \( -name '*.o' -o -name '.*.cmd' \) -delete

demo: ## watch it work, on an emulated machine
	@tests/demo

check: ## lint, build, and all tests on an emulated machine; KERNEL=<release or suite> for another kernel
	@tests/check

check-one: ## only the topics T="topic ..." (tests/guest/<area>/<topic>.sh)
	@tests/check $(or $(T),$(error say which: make check-one T="topic ..."))

check-debug: ## the tests on a kernel with KASAN, lockdep and the like, or with FLAVOUR=kcsan; T= as above
	@KERNEL=debug$(FLAVOUR:%=-%) tests/check $(T)

coverage: ## which lines and branches of the module they run; T= as above
	@tests/coverage $(T)

check-kernels: ## the tests on the kernels of several Debian releases, or of K="bullseye trixie-rt ..."
	@tests/check-kernels $(K)

check-dkms: ## have dkms install and remove the module, on the oldest and newest of these, or on K=
	@tests/check-dkms $(K)

stress: ## everything at once, for MINUTES=3; SEED=<n> makes the same choices again
	@STRESS_SECONDS=$$(($(or $(MINUTES),3) * 60)) STRESS_SEED=$(SEED) tests/check stress

bench: ## measure what it costs, beside other targets, in about five minutes; also build/bench.json
	@scripts/bench

fuzz: ## the rule language and the messages, for SECONDS=60; SEED= for the same again
	@tests/fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: ## shellcheck, codespell, clang, sparse, checkpatch, kernel-doc
	@tests/lint

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16
