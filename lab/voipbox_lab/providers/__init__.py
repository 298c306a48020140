# SPDX-License-Identifier: GPL-3.0-or-later
"""Sandboxes of number providers: real HTTP servers that answer as the providers do, their traps included.

What the sandboxes share: faults (what goes wrong on purpose), journal (what was called and bought), clock, sandbox (the
way of a call through all of them), control (the endpoints under /_sim/ and their client), http_server (running one).
"""
