# SPDX-License-Identifier: GPL-2.0-only
"""
The parts of blkdebug-explore.

choice, search, policies, minimise and point decide which crash states are judged; they know
no device. recorder runs the workload and marks each point, judge makes the views and runs
the checks, explorer puts both together, cli is the command line.
"""
