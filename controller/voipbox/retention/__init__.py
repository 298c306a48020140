# SPDX-License-Identifier: GPL-3.0-or-later
"""How long what is known of people is kept, giving it out, and erasing it."""
