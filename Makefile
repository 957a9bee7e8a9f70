# SPDX-License-Identifier: GPL-2.0-only
#
# The command line of dm-blkdebug. Kbuild builds the module, tests/ has the checks.

KDIR ?= /lib/modules/$(shell uname -r)/build

# Where programs and man pages are installed, below DESTDIR
prefix ?= /usr/local
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
# A directory in which python3 looks for packages, if it has one below prefix
PYTHONDIR ?= $(shell python3 -c 'import site; print(next((path for path in site.getsitepackages() \
	if path.startswith("$(prefix)/lib")), "$(prefix)/lib/python3/dist-packages"))')
INSTALL_MOD_PATH ?= $(DESTDIR)

SPHINXBUILD ?= sphinx-build
# Warnings are errors for the checks, not for an installation: Sphinx releases differ.
SPHINXOPTS ?= -W --keep-going
sphinx = $(SPHINXBUILD) -q $(SPHINXOPTS) -d build/doctrees
tools = scripts/blkdebug-table scripts/blkdebug-convert scripts/blkdebug-dmsetup \
	scripts/blkdebug-explore
python = $(shell cd scripts && find blkdebug -name '*.py')

# Without this, make would take Kbuild's objects for its own to build.
.SUFFIXES:
.PHONY: all install install-module install-tools install-man docs man clean demo check check-one check-debug check-kernels check-dkms
.PHONY: dist deb rpm check-packages check-arch coverage stress fuzz bench lint help check-databases

all: ## build dm-blkdebug.ko for the running kernel, or for KDIR=
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR); install them, or set KDIR=..." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: install-module install-tools ## install the module, the programs and the man pages

install-module: all ## install the module where modprobe finds it
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates \
		INSTALL_MOD_PATH="$(INSTALL_MOD_PATH)" modules_install
	depmod -b "$(INSTALL_MOD_PATH)/" \
		"$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)"

install-tools: ## install the programs, the Python package and, if Sphinx is installed, the man pages
	install -d "$(DESTDIR)$(bindir)"
	install $(tools) "$(DESTDIR)$(bindir)"
	sed -i 's|^PYTHONDIR = .*|PYTHONDIR = "$(PYTHONDIR)"|' \
		$(patsubst scripts/%,"$(DESTDIR)$(bindir)/%",$(tools))
	install -d $(patsubst %,"$(DESTDIR)$(PYTHONDIR)/%",$(sort $(dir $(python))))
	for file in $(python); do \
		install -m 644 "scripts/$$file" "$(DESTDIR)$(PYTHONDIR)/$$file" || exit 1; done
	@if command -v $(SPHINXBUILD) > /dev/null; then \
		$(MAKE) install-man SPHINXOPTS=; \
	else \
		echo "No $(SPHINXBUILD), so the man pages are left out (Debian: python3-sphinx)." >&2; \
	fi

install-man: man
	install -d "$(DESTDIR)$(mandir)/man1" "$(DESTDIR)$(mandir)/man7"
	install -m 644 build/man/*.1 "$(DESTDIR)$(mandir)/man1"
	install -m 644 build/man/*.7 "$(DESTDIR)$(mandir)/man7"

docs: ## render the pages to build/html
	$(sphinx) -b html Documentation build/html

man: ## render the man pages to build/man
	$(sphinx) -b man Documentation build/man

clean: ## remove what builds and checks made here; the cache stays
	rm -rf build .tmp_versions .*.cmd *.o *.ko *.mod *.mod.c modules.order Module.symvers
	find blkdebug \( -name '*.o' -o -name '.*.cmd' \) -delete

demo: ## a demonstration in an emulated machine
	@tests/demo

check: ## lint, build, and all tests in an emulated machine; KERNEL=<release or suite> for another kernel
	@tests/check

check-one: ## only the topics T="topic ..." (tests/guest/<area>/<topic>.sh)
	@tests/check $(or $(T),$(error no topic; use: make check-one T="topic ..."))

check-debug: ## the topics on a kernel with KASAN, lockdep and others, or with FLAVOUR=kcsan; T= as above
	@KERNEL=debug$(FLAVOUR:%=-%) tests/check $(T)

.PHONY: check-kunit
check-kunit: ## the KUnit tests under UML, in a kernel tree with the patches of "make in-tree"
	@tests/check-kunit

coverage: ## the lines and branches of the module that the topics run; T= as above
	@tests/coverage $(T)

check-kernels: ## the topics on the kernels of several Debian suites, or of K="bullseye trixie-rt ..."
	@tests/check-kernels $(K)

dist: ## the tarball of the tag of this version, or of REF=<commit>, in build/dist
	@packaging/build dist

deb: ## Debian packages of this tree, in build/deb
	@packaging/build deb

rpm: ## RPM packages of this tree, in build/rpm
	@packaging/build rpm

check-packages: ## install, use and remove the packages on several Debian suites, or on K=, and in an empty root
	@tests/check-packages $(K)

check-arch: ## build for A=arm64, s390x, armhf or i386; on the first two run topics, T= as above
	@tests/check-arch $(or $(A),$(error no architecture; use: make check-arch A=arm64)) $(T)

check-dkms: ## dkms install and remove on the oldest and newest of these suites, or on K=
	@tests/check-dkms $(K)

check-databases: ## cut the power of SQLite, LMDB, RocksDB and PostgreSQL, or of DB=, CUTS=40 times each; SEED=
	@CUTS=$(CUTS) SEED=$(SEED) tests/check-databases $(DB)

.PHONY: check-generator
check-generator: ## explore drawn workloads on ext4, xfs, btrfs and f2fs, or on FS=, for LIMIT=480 seconds; SEED=
	@LIMIT=$(LIMIT) SEED=$(SEED) tests/check-generator $(FS)

stress: ## all features at once for MINUTES=3; SEED=<n> repeats the choices of a run
	@STRESS_SECONDS=$$(($(or $(MINUTES),3) * 60)) STRESS_SEED=$(SEED) tests/check stress

bench: ## measure what it costs, beside other targets, in about five minutes; also build/bench.json
	@tests/bench/run

fuzz: ## the rule language and the messages for SECONDS=60; SEED= repeats a run
	@tests/fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: ## shellcheck, codespell, clang, sparse, checkpatch, kernel-doc, sizes and language
	@tests/lint

.PHONY: check-fstests check-blktests
check-fstests: ## tests of fstests in the checkout FSTESTS=, with the original targets and with this; T= as above
	@tests/check-suites fstests "$(or $(FSTESTS),$(error no checkout; use: make check-fstests FSTESTS=<dir>))" $(T)

check-blktests: ## the same for blktests in the checkout BLKTESTS=
	@tests/check-suites blktests "$(or $(BLKTESTS),$(error no checkout; use: make check-blktests BLKTESTS=<dir>))" $(T)

.PHONY: in-tree
in-tree: ## patches that add the target to the kernel tree SRC=, in build/in-tree
	@packaging/in-tree/write "$(SRC)"

.PHONY: new-test
new-test: ## the skeleton of a topic, NAME= and AREA= (tests/README.md)
	@tests/new-test "$(NAME)" $(AREA)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16
