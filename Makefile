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

clean: ## remove all files that builds and checks made here; the cache stays
	rm -rf build .tmp_versions .*.cmd *.o *.ko *.mod *.mod.c modules.order Module.symvers
	find blkdebug \( -name '*.o' -o -name '.*.cmd' \) -delete

demo: ## show five uses of the target in an emulated machine
	@tests/demo

check: ## run lint, the build and all tests in an emulated machine; KERNEL=<release or suite> selects its kernel
	@tests/check

check-one: ## build, and run the topics T="topic ..." (tests/guest/<area>/<topic>.sh); KERNEL= as above
	@tests/check $(or $(T),$(error no topic; use: make check-one T="topic ..."))

check-debug: ## run all topics, or T=, on a kernel with KASAN, lockdep and others, or with FLAVOUR=kcsan
	@KERNEL=debug$(FLAVOUR:%=-%) tests/check $(T)

.PHONY: check-kunit
check-kunit: ## run the KUnit tests under UML, in a kernel tree with the patches of "make in-tree"
	@tests/check-kunit

coverage: ## show which lines and branches of the module all topics, or T=, run
	@tests/coverage $(T)

check-kernels: ## run all topics on the kernels of several Debian suites, or of K="bullseye trixie-rt ..."
	@tests/check-kernels $(K)

dist: ## pack the tag of this version, or REF=<commit>, as a tarball in build/dist
	@packaging/build dist

deb: ## build Debian packages of this tree in build/deb
	@packaging/build deb

rpm: ## build RPM packages of this tree in build/rpm
	@packaging/build rpm

check-packages: ## install, use and remove the packages on several Debian suites, or on K=, and in an empty root
	@tests/check-packages $(K)

check-arch: ## build for A=arm64, s390x, armhf or i386; on the first two also run topics, T= as above
	@tests/check-arch $(or $(A),$(error no architecture; use: make check-arch A=arm64)) $(T)

check-dkms: ## install and remove the module with dkms on the oldest and the newest suite, or on K=
	@tests/check-dkms $(K)

check-databases: ## cut the power of SQLite, LMDB, RocksDB and PostgreSQL, or of DB=, CUTS=40 times each; SEED=<n> repeats a run
	@CUTS=$(CUTS) SEED=$(SEED) tests/check-databases $(DB)

.PHONY: check-generator
check-generator: ## explore drawn workloads on ext4, xfs, btrfs and f2fs, or on FS=, for LIMIT=480 seconds; SEED=<n> is the first seed
	@LIMIT=$(LIMIT) SEED=$(SEED) tests/check-generator $(FS)

stress: ## use all features at once for MINUTES=3; SEED=<n> repeats the choices of a run
	@STRESS_SECONDS=$$(($(or $(MINUTES),3) * 60)) STRESS_SEED=$(SEED) tests/check stress

bench: ## measure the cost of an I/O, beside other targets, in five minutes; also write build/bench.json
	@tests/bench/run

fuzz: ## fuzz rules, messages and power cuts for SECONDS=60; SEED=<n> repeats a run
	@tests/fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

lint: ## run shellcheck, codespell, clang, sparse, checkpatch, kernel-doc, and check sizes and language
	@tests/lint

.PHONY: check-fstests check-blktests
check-fstests: ## run tests of fstests in FSTESTS=<dir>, T="generic/441 ...", on the original targets and on this one
	@tests/check-suites fstests "$(or $(FSTESTS),$(error no checkout; use: make check-fstests FSTESTS=<dir>))" $(T)

check-blktests: ## do the same for blktests in BLKTESTS=<dir>
	@tests/check-suites blktests "$(or $(BLKTESTS),$(error no checkout; use: make check-blktests BLKTESTS=<dir>))" $(T)

.PHONY: in-tree
in-tree: ## write patches that add the target to the kernel tree SRC=<dir> to build/in-tree
	@packaging/in-tree/write "$(SRC)"

.PHONY: new-test
new-test: ## write the skeleton of the topic NAME=, in the folder AREA=rules (tests/README.md)
	@tests/new-test "$(NAME)" $(AREA)

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16
