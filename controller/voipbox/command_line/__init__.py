# SPDX-License-Identifier: GPL-3.0-or-later
"""The sub-commands of voipbox. Registering one imports nothing heavy; what it does, does."""
