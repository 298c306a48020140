# SPDX-License-Identifier: GPL-3.0-or-later
"""The first provider: its REST API with the quirks that people running against it report."""
