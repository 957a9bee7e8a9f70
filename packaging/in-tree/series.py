# SPDX-License-Identifier: GPL-2.0-only
"""How the tree is cut into a series of patches for the kernel.

PATCHES has each file of blkdebug/ and tests/kunit/ exactly once, in the order of
dependency. HIDDEN are lines of a file that belong to a later patch, or that end with one.
REPLACED is what the newest kernel has in place of blkdebug/compat.h.
"""

COVER = ('dm blkdebug: inject faults between a block device and its user', '''\
dm-blkdebug does for block devices what QEMU's blkdebug driver does for disk
images: rules fail, delay, drop, tear, misdirect, corrupt or hold chosen bios,
at one place in a sequence of I/O, because they follow events and a state
machine. With a volatile write cache it cuts the power and leaves any state
that a device may leave, and shows such states as devices of their own.

dm-flakey, dm-dust, dm-delay and dm-error choose bios by time, sector or
direction only, so that a test cannot fail, for instance, the third commit of a
journal and nothing else.

The series is cut by layers, because the parts of the target that handle bios
use all layers below them. Patches 1 to 5 add code that knows no bio: the rule
language (actions, errors, events and states as words), the index of rules, the
engine (events, states, breakpoints, choice of faults), and the model of a
volatile cache with power cuts and views. KUnit tests link these without the
target. Patches 6 and 7 add the faults that alter data and the target, with
which CONFIG_DM_BLKDEBUG can be chosen. Patch 8 adds the target that shows
views, 9 documents the targets, 10 adds selftests, and sysfs is last, so that it
can be dropped.''')

# (name, subject, {directory: files}, body)
PATCHES = [
    ('rules', 'dm blkdebug: add the rule language', {
        'blkdebug/rules': '''
            actions.c actions.h bad-sectors.c bad-sectors.h chance.c chance.h choice.c
            choice.h keys.c keys.h names.c names.h options.c options.h parse.c parse.h
            parser.c parser.h ranges.c ranges.h rule.c rule.h sort.c sort.h
            trace-names.h''',
    }, '''\
Rules are words in a table line or a message: an action, such as inject-error or
set-state, and keys that say which I/O, at which event and in which state. This
adds the parser, the names of actions, errors, events, I/O types and flags, and
the parts of a fault that need only its rule: seeded choices and bad sectors.

Actions are descriptors and keys have types, so that a new one is one entry.
The code has no user yet, so CONFIG_DM_BLKDEBUG cannot be chosen.'''),
    ('index', 'dm blkdebug: find the rules that match an I/O', {
        'blkdebug/engine': '''
            filter.c filter.h range-table.c range-table.h rule-index.c rule-index.h
            rule-query.c run.c run.h search.c search.h''',
    }, '''\
A list of rules that each I/O walks is too slow for thousands of bad sectors.
Index rules by event, I/O type, state and sector, and keep a filter of I/O types
and sectors, so that an I/O that no rule can match takes no lock.'''),
    ('engine', 'dm blkdebug: add events, states and breakpoints', {
        'blkdebug/engine': '''
            call.h commands.c commands.h delay.c delay.h engine.c engine.h fault.c
            fault.h heal.c heal.h hold-commands.c hold.c hold.h process.c process.h
            resume.c resume.h rule-commands.c ruleset.c ruleset.h tag.c tag.h trace.c
            trace.h try.c try.h''',
        'tests/kunit': 'kit.c kit.h rule_test.c engine_test.c batch_test.c model_test.c',
    }, '''\
The engine processes an I/O step by step: the I/O raises an event, which changes
the state and arms faults, a breakpoint may hold it, and a fault decides its
fate. Messages add and remove rules, raise events and resume held I/O. The
engine knows no bio; its owner passes it descriptions of I/O and is called
when I/O can continue.

KUnit tests cover the rule language and the engine, and compare the engine with
a simple model on random rules and I/O.'''),
    ('cache', 'dm blkdebug: add a volatile write cache and power cuts', {
        'blkdebug/cache': '''
            cache.c cache.h durable.c durable.h pool.c pool.h power-trace.c
            power-trace.h power.c power.h survive.c survive.h''',
    }, '''\
Software that forgets a flush loses data only if the power fails at the wrong
moment. Keep versions of written units until a flush, FUA or write-back makes
them durable, and let a policy choose which of the volatile versions survive a
power cut. Atomic units and the order of flushes are respected.'''),
    ('moments', 'dm blkdebug: keep moments of the write cache', {
        'blkdebug/cache': 'moment.c moment.h view.c view.h',
        'tests/kunit': '''
            cache_model.c cache_model.h cache_steps.c cache_steps.h cache_test.c
            cache_view_steps.c''',
    }, '''\
A cut ends the workload, so that each run tests one crash. Keep moments of the
cache, with the durable data that later write-back replaces, and make views of
them: what a power cut at that moment would have left, while I/O continues.

KUnit tests compare cache, cuts and views with a model.'''),
    ('alter', 'dm blkdebug: alter the data of bios', {
        'blkdebug/dm': 'corrupt.c corrupt.h split-read.c split-read.h',
    }, '''\
Corrupt chosen bytes or bits of reads in place, and of writes in a copy of the
pages that change, because the pages of a write belong to its submitter. Reads
of which the cache has a part are split into segments.'''),
    ('target', 'dm blkdebug: add the target', {
        '.': 'dm-blkdebug.c',
        'blkdebug/dm': '''
            bio.c describe.h limits.c limits.h message.c message.h power-cut.c power-cut.h
            target.h write-out.c write-out.h writeback.c writeback.h''',
    }, '''\
Pass bios to the device below, and those that a rule may match through the
engine. Held and delayed bios continue from a workqueue with a rescuer; a
suspend ends all holds, so that it never waits for one. Options lower the limits
of the device and add a volatile write cache. The target supports zoned and
integrity devices.

The KUnit tests are now a part of the module, which creates the caches of rules
that the tests need.'''),
    ('views', 'dm blkdebug: show what a power cut would leave', {
        'blkdebug/dm': 'crash-view.c crash-view.h marks.c marks.h',
    }, '''\
The target blkdebug-crash shows a view of a moment of another device's write
cache as a device of its own. Marks give names to moments. Tests run fsck or
recovery on such a device while the workload continues on its origin.'''),
    ('documentation', 'dm blkdebug: document the targets', {}, '''\
Add the reference of rules, messages and options, recipes, and the design.'''),
    ('selftests', 'selftests: dm-blkdebug: test errors, holds and power cuts', {}, '''\
The KUnit tests use no device. Test the target with dmsetup over a loop device:
failing and dropped I/O, breakpoints, and power cuts with views. The tests print
KTAP and skip if they cannot run.'''),
    ('sysfs', 'dm blkdebug: add a directory in sysfs', {
        'blkdebug/dm': 'sysfs.c sysfs.h',
    }, '''\
Messages need dmsetup, and the poll of a state or a hold needs a file. Add a
directory below the dm device with a file for the state, for the held bios and
for each of the messages that tests send most.'''),
]

# (file, first line, last line or None, patch, 'until' or 'from'): the lines are hidden
# in the patches before ("until") the patch, or in it and all later ones ("from").
HIDDEN = [
    # sysfs: four calls, one member
    ('blkdebug/dm/target.h', r'#include "sysfs.h"', None, 'sysfs', 'until'),
    ('blkdebug/dm/target.h', r'\tstruct blkdebug_sysfs sysfs;', None, 'sysfs', 'until'),
    ('dm-blkdebug.c', r'\t/\* If another target failed the resume', None, 'sysfs', 'until'),
    ('dm-blkdebug.c', r'\tblkdebug_sysfs_(init|remove|notify)\(', None, 'sysfs', 'until'),
    ('dm-blkdebug.c', r'static int blkdebug_preresume', r'$', 'sysfs', 'until'),
    ('dm-blkdebug.c', r'\t\.preresume = ', None, 'sysfs', 'until'),
    # views: marks, origins and a second target type
    ('blkdebug/dm/target.h', r'\t/\* Guarded by a mutex of marks.c', r'$', 'views', 'until'),
    ('dm-blkdebug.c', r'#include "blkdebug/dm/(crash-view|marks).h"', None, 'views', 'until'),
    ('dm-blkdebug.c', r'\tconst char \*name = call->argv\[-1\]', None, 'views', 'until'),
    ('dm-blkdebug.c', r'\tif \(!strcmp\(name, "mark"\)', r'.*blkdebug_mark_command', 'views',
     'until'),
    ('dm-blkdebug.c', r'\tINIT_LIST_HEAD\(&t->(origin_link|marks)\)', None, 'views', 'until'),
    ('dm-blkdebug.c', r'\tblkdebug_(add|remove)_origin\(', None, 'views', 'until'),
    ('dm-blkdebug.c', r'\tr = dm_register_target\(&blkdebug_crash_target', r'.*goto bad_crash',
     'views', 'until'),
    ('dm-blkdebug.c', r'bad_crash:', r'.*dm_unregister_target', 'views', 'until'),
    ('dm-blkdebug.c', r'\tdm_unregister_target\(&blkdebug_crash_target', None, 'views', 'until'),
    # Until the target is there, the tests are the module.
    ('tests/kunit/kit.c', r'MODULE_', None, 'target', 'from'),
    ('tests/kunit/kit.c', r'/\*\*$(?=\n \* kit_(begin|end) )', r'\}$', 'target', 'from'),
    ('tests/kunit/kit.h', r'(int|void) kit_(begin|end)\(', None, 'target', 'from'),
    ('tests/kunit/*_test.c', r'\t\.suite_(init|exit) = kit_', None, 'target', 'from'),
    # Each file of tests has its own suite.
    ('tests/kunit/kit.c', r'kunit_test_suites\(', r'.*\);', 'rules', 'from'),
    ('tests/kunit/kit.h', r'extern struct kunit_suite', None, 'rules', 'from'),
    # All kernels with this target have atomic writes.
    ('blkdebug/rules/names.c', r'\tif \(!BLKDEBUG_REQ_ATOMIC\)', r'.*;', 'rules', 'from'),
]

# (file or *, text, replacement). The first word of a call may get another length:
# its arguments are aligned again.
REPLACED = [
    ('blkdebug/rules/names.c',
     '\tu16 known = (1U << BLKDEBUG_NR_FLAGS) - 1;\n\n\treturn known;\n',
     '\treturn (1U << BLKDEBUG_NR_FLAGS) - 1;\n'),
    ('dm-blkdebug.c', 'static BLKDEBUG_PREPARE_IOCTL(blkdebug_prepare_ioctl)',
     'static int blkdebug_prepare_ioctl(struct dm_target *ti,\n'
     '\t\t\t\t  struct block_device **bdev, unsigned int cmd,\n'
     '\t\t\t\t  unsigned long arg, bool *forward)'),
    ('blkdebug/dm/write-out.c', 'min(nr - first, BIO_PAGES),\n\t\t\t\t\t       GFP_NOIO,',
     'min(nr - first, BIO_PAGES),\n\t\t\t\t\t       REQ_OP_WRITE, GFP_NOIO,'),
    ('*', 'blkdebug_alloc_write(', 'bio_alloc_bioset('),
    ('*', 'blkdebug_clone_bio(', 'bio_alloc_clone('),
    ('*', 'blkdebug_open_bdev *', 'struct file *'),
    ('*', 'blkdebug_open_dev(dev)', 'bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL)'),
    ('*', 'blkdebug_bdev_of(', 'file_bdev('),
    ('*', 'blkdebug_close_bdev(', 'bdev_fput('),
    ('*', 'blkdebug_lookup_path(', 'lookup_bdev('),
    ('*', 'blkdebug_issue_flush(', 'blkdev_issue_flush('),
    ('*', 'BLKDEBUG_REQ_ATOMIC', 'REQ_ATOMIC'),
    ('*', 'BLKDEBUG_REQ_POLLED', 'REQ_POLLED'),
    ('*', 'nth_page(bv->bv_page, offset / PAGE_SIZE)', 'bv->bv_page + offset / PAGE_SIZE'),
    ('*', 'BLKDEBUG_MAX_BLOCK_SIZE', 'BLK_MAX_BLOCK_SIZE'),
    ('*', 'blkdebug_hrtimer_setup(&delays->timer, handle_timer,\n\t\t\t       ',
     'hrtimer_setup(&delays->timer, handle_timer, CLOCK_MONOTONIC,\n\t\t      '),
    ('*', 'blkdebug_set_accounts_remapped_io(ti)', 'ti->accounts_remapped_io = true'),
    ('*', 'blkdebug_submit_remapped(bio)', 'dm_submit_bio_remap(bio, NULL)'),
    ('*', 'blkdebug_assign_str(name, name)', '__assign_str(name)'),
    ('*', 'blkdebug_assign_str(tag, tag)', '__assign_str(tag)'),
    ('blkdebug/dm/limits.c', '#include "limits.h"\n', '''\
#include "limits.h"

/*
 * Lower the limits of atomic writes to @bytes, a power of two, so that no atomic write
 * crosses a multiple of @bytes.
 */
static void blkdebug_lower_atomic(struct queue_limits *limits,
				  unsigned int bytes)
{
	limits->atomic_write_hw_max = min(limits->atomic_write_hw_max, bytes);
	limits->atomic_write_hw_unit_max =
		min(limits->atomic_write_hw_unit_max, bytes);
	limits->atomic_write_hw_unit_min =
		min(limits->atomic_write_hw_unit_min, bytes);
}

static bool blkdebug_encrypts_inline(struct block_device *bdev)
{
#ifdef CONFIG_BLK_INLINE_ENCRYPTION
	return bdev_get_queue(bdev)->crypto_profile;
#else
	return false;
#endif
}

/* A write-zeroes limit for unmapping is 0 or equal to the general one. */
static void blkdebug_lower_unmap(struct queue_limits *limits)
{
	if (limits->max_hw_wzeroes_unmap_sectors)
		limits->max_hw_wzeroes_unmap_sectors =
			limits->max_write_zeroes_sectors;
}
'''),
    ('blkdebug/engine/delay.c', '#include <linux/lockdep.h>\n',
     '#include <linux/hrtimer.h>\n#include <linux/lockdep.h>\n'),
    ('blkdebug/dm/split-read.h', '#include <linux/bio.h>\n',
     '#include <linux/bio.h>\n#include <linux/highmem.h>\n'),
    ('blkdebug/dm/corrupt.h', '#include <linux/bio.h>\n',
     '#include <linux/bio.h>\n#include <linux/highmem.h>\n'),
    ('blkdebug/dm/target.h', '#include <linux/device-mapper.h>\n',
     '#include <linux/blk-integrity.h>\n#include <linux/device-mapper.h>\n'),
    ('blkdebug/dm/split-read.h', '\n#include "../compat.h"\n', ''),
    ('*', '#include "../compat.h"\n', ''),
    ('*', 'Documentation/dm-blkdebug.rst',
     'Documentation/admin-guide/device-mapper/dm-blkdebug.rst'),
    ('blkdebug/dm/sysfs.h', ' An upstream\n * series may leave it out: the target makes four '
     'calls and keeps one member.', ''),
    ('dm-blkdebug.c', ' * This file has the target type; the code behind it is in blkdebug/.',
     ' * This file has the target type; rules/, engine/, cache/ and dm/ have the code behind it.'),
]

# The same by regular expressions, in all files: allocations by type since 7.0
PATTERNS = [
    (r'\b(k[mz]alloc)\(sizeof\((\*[\w>*-]+|struct \w+)\), ', r'\1_obj(\2, '),
]

# Pages, and the names that they get
PAGES = {
    'dm-blkdebug': 'dm-blkdebug',
    'cookbook': 'dm-blkdebug-cookbook',
    'power-cuts': 'dm-blkdebug-power-cuts',
    'crash-views': 'dm-blkdebug-crash-views',
    'design': 'dm-blkdebug-design',
}

# Sentences of pages about the project around the module
PAGES_REPLACED = [
    ('dm-blkdebug', ' :doc:`cookbook` solves common problems, :doc:`power-cuts` describes the\n'
     'write cache, and :doc:`qemu` and :doc:`migrating` compare the target with others.',
     ' :doc:`cookbook` solves common problems, and :doc:`power-cuts` describes\nthe write cache.'),
    ('dm-blkdebug', ' ``make check`` runs all commands on this page; in their output\n',
     ' In the output of commands\n'),
    # In a table, a link with a longer name does not fit a column but the last.
    ('dm-blkdebug', '(:doc:`/power-cuts`)       counts of', ' ' * 27 + 'counts of'),
    ('crash-views', ':doc:`blkdebug-explore <man/blkdebug-explore>`', '``blkdebug-explore``'),
]
