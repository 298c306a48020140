# SPDX-License-Identifier: GPL-3.0-or-later
"""REST: the same actions as the command line and the pages."""
