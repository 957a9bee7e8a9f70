# SPDX-License-Identifier: GPL-2.0-only
"""
The report of blkdebug-explore: one HTML file that needs neither a network nor scripts.

    write_report(run, path)

`run` is a dict that JSON can store. Keys marked with * are required; a page is written
whatever else is missing.

    {
      "title": "ext4: save a record by rename",      # headline; default: the workload
      "verdict": "failed",                         # * "good", "failed" or "unproved"
      "reason": "no point had anything at stake",  # for "unproved", one sentence
      "command": ["blkdebug-explore", "--fs", "ext4", ...],     # words as given, or a string
      "kernel": "6.1.0-32-amd64",
      "started": "2026-11-27T06:12:00+00:00",      # printed as it stands
      "seconds": 41.7,                             # of the whole run
      "judging_seconds": 30.2,                     # default: seconds; for states a second
      "settings": {"file system": "ext4", "device": "/dev/vdb", "seed": 7},  # printed in order
      "notes": ["btrfs: views are not mounted before 6.7; btrfs check judges alone"],
      "self_test": {"states": 9, "failed": 4},     # of --self-test, if it ran
      "points": [                                  # * in the order of time
        {
          "number": 3,                             # *
          "event": "flush_to_disk",                # the breakpoint, or a name of the user's
          "ms": 812.4,                             # since the workload began
          "promises": 2,                           # lines of BLKDEBUG_PROMISE at this point
          "volatile": 19,                          # * writes at stake
          "exhaustive": true,                      # the search by touched writes has ended:
                                                   #   the states stand for all 2^volatile
          "states": [                              # * in the order judged
            {
              "choice": "survive=all lose=17",     # * as for the target
              "result": "failed",                  # * "good", "failed" or "skipped"
              "step": "check",                     # that failed: "mount", "check", "fsck" ...
              "touched": 4,                        # number of writes, if known
              "seconds": 0.08
            }
          ],
          "writes": [                              # only needed at points with failures:
            {                                      #   all volatile writes, oldest first
              "number": 17,                        # * as the message "volatile" prints it
              "device": "log",                     # with --power: the device; numbers count
                                                   #   on each device
              "iotype": "write", "flags": "meta,sync",          # "" or "-": no flags
              "sector": 8192, "sectors": 8,        # *
              "ms": 120,                           # * age at the point
              "task": "saver[412]",
              "file": "/data"                      # or "journal", "inode table" ...
            }
          ]
        }
      ],
      "failures": [                                # * minimised, one for each culprit of a point
        {
          "point": 3,                              # * the number of the point
          "choice": "survive=all lose=17",         # * of the minimised state
          "fates": "SSSSSSSSSSSSSSSSLST",          # for each of the point's writes, in the order
                                                   #   of the list: S survived, T torn, L lost,
                                                   #   ? not known; default: all not known
          "touched": [0, 4, 16],                   # indexes into the list, if known
          "culprits": [16],                        # indexes into the list; []: the state fails
                                                   #   with all writes kept, too
          "culprit_is": "lost",                    # "lost" or "kept"
          "step": "check",                         # * that failed
          "command": "./check",                    # of that step
          "status": 1,                             # its exit status
          "output": "record 2 is empty\\n",        # stdout and stderr, may be bytes
          "states": 5,                             # failed states with this culprit
          "runs": 9,                               # states judged to minimise it
          "promises": ["saved 2"],                 # lines that held at this point
          "recipe": ["dmsetup create ..."],        # lines that make the state again
          "kept": "keep/point-3"                   # of --keep
        }
      ]
    }

A failure and a point may have further keys, which are ignored.
"""

import os

from .page import render_report


def write_report(run, path):
    """
    Write the report of a run to a file. The page appears whole or not at all; an older one
    is replaced.
    """
    text = render_report(run)
    new = f'{path}.new'
    with open(new, 'w', encoding='utf-8', errors='backslashreplace') as file:
        file.write(text)
    os.replace(new, path)
