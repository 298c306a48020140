# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of those who work the queue: below /staff/."""
