# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server from a wheel and detached processes, for the controller and the lab alike."""
