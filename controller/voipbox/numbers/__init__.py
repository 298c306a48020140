# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers: search, hold, the purchase ledger, trunks, reconcile and usage."""
