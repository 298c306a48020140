# SPDX-License-Identifier: GPL-3.0-or-later
"""What an order costs: currency, lines, VAT and totals, for pages, API, mails and the order itself."""
