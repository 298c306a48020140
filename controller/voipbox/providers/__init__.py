# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at number providers, and one driver a provider behind one protocol."""
