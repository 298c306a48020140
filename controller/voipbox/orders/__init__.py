# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders: intake, the table of moves, actions (the only writer of a status), audit, mail, webhooks."""
