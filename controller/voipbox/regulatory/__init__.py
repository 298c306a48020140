# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration of regulated numbers: requirements, identity, address, documents, verification."""
