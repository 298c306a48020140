# SPDX-License-Identifier: GPL-3.0-or-later
"""An event-socket server that behaves like FreeSWITCH under FusionPBX, traps included; for trying and testing."""
