# SPDX-License-Identifier: GPL-3.0-or-later
"""What every room stands on: settings, sealed fields, the clock, identities, people, jobs, the database."""
