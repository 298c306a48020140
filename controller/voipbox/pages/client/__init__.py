# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients see: signing in, the checkout, their orders and their account."""
