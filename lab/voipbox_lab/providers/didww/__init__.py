# SPDX-License-Identifier: GPL-3.0-or-later
"""Sandbox of the second provider: a JSON:API server on loopback that sells numbers, registers them and signs callbacks."""
