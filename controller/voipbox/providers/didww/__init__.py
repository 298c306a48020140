# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver of the second provider: JSON:API over HTTP, version 3 of its interface."""
