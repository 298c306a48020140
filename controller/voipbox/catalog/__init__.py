# SPDX-License-Identifier: GPL-3.0-or-later
"""Products, groups, bundles, PBX servers, and which provider a product is bought at."""
