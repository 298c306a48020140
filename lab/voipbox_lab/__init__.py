# SPDX-License-Identifier: GPL-3.0-or-later
"""A PBX server to try and test voipbox against: real PostgreSQL with FusionPBX's tables, and a simulated switch.

It is for trying and testing only: it answers on the loopback interface, its data is fictional, and it carries no calls.
"""
