# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout: a draft goes through steps and becomes an order."""
