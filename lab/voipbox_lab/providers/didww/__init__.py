# SPDX-License-Identifier: GPL-3.0-or-later
"""Sandbox of the second provider: a JSON:API server on loopback that sells numbers, registers them and signs callbacks.

The API is below /v3, tokens come from /token. What all sandboxes have below /_sim/ stands in control.py; this one has besides:

    GET, POST /settings                     see settings.Settings
    POST /verifications/ID/approve          the reviewer agrees
    POST /verifications/ID/reject           reasons (a list of sentences), comment
    POST /requirements/ID                   attributes of an address requirement
    POST /orders/ID/complete, /cancel       what the worker does, now
    POST /groups/ID/restock, /prices        amount; factor
    POST /numbers/NUMBER/vanish             somebody else buys an offered number
    POST /numbers/NUMBER/block, /unblock    the provider blocks an owned one
    POST /trunks/ID/spend                   amount: calls out were made
    POST /calls                             type (cdr_in, cdr_out) and row: a call that exports tell of
    POST /keys/rotate                       new key pairs for encrypted files
    GET /files/ID, /documents/ID            type, size and hash of an upload; of those that a proof or verification holds
    GET /ring                               number: would it ring, where, or why not
    GET /dial                               username, password, address, cli: would a call out go through
    GET /callbacks                          with every attempt
    POST /callbacks/plan                    see callbacks.Callbacks.plan: twice, late, held, lost, wrongly signed
    POST /callbacks/release, /ID/resend     held ones (newest_first); one again
    POST /callback-secret                   secret; empty: no callbacks

Calls are named by verb and path, ids left out: "POST /orders", "PATCH /dids/{id}", "GET /exports/{file}". The fault refuse
knows says: balance, gone, unauthorized, read only; or takes status, code, title, detail, pointer, meta.
"""
