# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox: an order for a hosted phone system goes in, a working FusionPBX tenant comes out."""
