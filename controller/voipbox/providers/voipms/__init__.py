# SPDX-License-Identifier: GPL-3.0-or-later
"""The first provider: numbers of the United States and Canada, bought in one call, with a SIP sub-account a tenant."""
