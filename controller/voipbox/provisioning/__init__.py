# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs: the batch, tenant files, inventory, ansible-runner in a child process, events and results."""
