# SPDX-License-Identifier: GPL-3.0-or-later
"""Every column that may tell of a person: how long it is kept, and what an erasure does with it.

Each column that holds words stands either here or in NOT_PERSONAL; a test fails for one that stands in neither.
"""

from __future__ import annotations

from dataclasses import dataclass

BOOKS = "books must be kept; they name company, contact, address and price"
PROOF = "the audit is the proof of who did what, and the database lets nobody change it"


@dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    columns: as app.Model.column; period: the setting that says how long, empty where from_when says all; from_when: what the
    time counts from; erasure: what becomes of it when the person is erased.
    """

    name: str
    columns: tuple[str, ...]
    period: str
    from_when: str
    erasure: str


def _of(model: str, *columns: str) -> tuple[str, ...]:
    return tuple(f"{model}.{column}" for column in columns)


KINDS = (
    Kind(
        "Accounts",
        (*_of("core.User", "username", "email", "first_name", "last_name", "password"),
         *_of("client.SecondFactor", "secret", "recovery")),
        "", "until the person is erased", "emptied, and nobody signs in with it; kept while an order of the person's is open",
    ),
    Kind("Tokens of programs", _of("core.ApiToken", "name", "token_hash", "hint"), "", "until the person is erased", "deleted"),
    Kind("Answers to repeated requests", _of("api.KeptAnswer", "key", "request_hash", "body"), "", "24 hours", "deleted"),
    Kind("Sessions", _of("sessions.Session", "session_key", "session_data"), "session_hours", "signing in", "deleted"),
    Kind(
        "Attempts to sign in (hashes)", _of("client.Attempt", "key"), "", "a day", "kept: the hash alone leads to nobody, and "
        "goes by itself",
    ),
    Kind("Unfinished orders", _of("orders.Draft", "token", "token_hash", "data"), "draft_days", "the last change", "deleted"),
    Kind(
        "Contact and address of an order",
        _of("orders.Order", "company", "contact", "email", "placed_by", "reference"),
        "books_days", "the order's end", f"kept: {BOOKS}",
    ),
    Kind(
        "People of an order",
        (*_of("orders.Order", "phone", "extensions", "admin_username", "admin_email", "secrets", "reason"),
         *_of("orders.Note", "author", "text"), *_of("orders.CredentialsLink", "token_hash"),
         *_of("provisioning.RunOrder", "message"), *_of("provisioning.Plan", "asked_by", "answer", "words")),
        "closed_days", "the order's end", "emptied once the order has ended",
    ),
    Kind(
        "Identities, addresses and documents",
        (*_of("regulatory.Registration", "who", "where", "service", "place_level", "place_id", "faults", "words", "reviewed_by"),
         *_of("regulatory.Document", "name", "sha256", "issued_on", "added_by"), *_of("regulatory.Content", "key", "token")),
        "personal_data_days", "the provider's decision or the order's end; without either, the last change and "
        "`VOIPBOX_UNDECIDED_DAYS` days", "emptied, files too, once the order has ended or is completed",
    ),
    Kind(
        "Mails",
        _of("orders.Mail", "recipients", "context", "subject", "text", "html", "error", "key"),
        "mail_days", "writing it", "deleted, but those of open orders",
    ),
    Kind(
        "Deliveries to webhooks", _of("orders.WebhookDelivery", "payload", "error"), "event_days", "writing it",
        "deleted, but those of open orders",
    ),
    Kind("What runs printed", _of("provisioning.RunEvent", "stdout"), "event_days", "the run", "kept until then: it tells of "
         "domains and extensions, of many orders at once"),
    Kind("Who called whom", _of("numbers.Usage", "peer", "description"), "call_days", "the call", "emptied once the order has "
         "ended; costs are kept: " + BOOKS),
    Kind("Audit", (*_of("orders.AuditEvent", "actor", "acting_for", "before", "after", "reason"),
                   *_of("provisioning.Run", "cancelled_by")), "", "as long as the installation", f"kept: {PROOF}"),
)  # fmt: skip

NOT_PERSONAL = {
    "auth.Group": "name", "auth.Permission": "name codename", "contenttypes.ContentType": "app_label model",
    "procrastinate.ProcrastinateJob": "queue_name task_name lock args queueing_lock",
    "procrastinate.ProcrastinatePeriodicDefer": "task_name periodic_id",
    "core.ApiToken": "scopes", "core.KeyProof": "word",
    "providers.ProviderAccount": "slug name driver credentials options gateway_proxy gateway_realm addresses outbound "
    "national_codes",
    "catalog.PbxServer": "slug name base_domain host_variables secret_variables time_zone language survey_error survey_facts",
    "catalog.ServerDomain": "name", "catalog.ProductGroup": "slug name description",
    "catalog.Product": "slug name description toll_allow", "catalog.Bundle": "slug name description",
    "catalog.BillingTerm": "slug name", "catalog.Price": "currency", "catalog.Mapping": "account_slug",
    "orders.Order": "source number domain price record toll_classes admin_group time_zone language step facts",
    "orders.OrderItem": "currency", "orders.AuditEvent": "action", "orders.Mail": "kind message_id",
    "orders.WebhookEndpoint": "url secret events", "orders.WebhookDelivery": "event",
    "numbers.PlaceList": "kind parent places", "numbers.Hold": "number offer_data capacity_id owner reservation",
    "numbers.Choice": "number offer_data capacity_id quote_data",
    "numbers.Purchase": "number offer_data capacity_id reference reservation ids currency words",
    "numbers.OrderTrunk": "name username ids wanted_password former", "numbers.Balance": "currency error",
    "numbers.Finding": "number trunk words", "numbers.Usage": "row_id kind number currency",
    "regulatory.Registration": "mark requirements identity_id address_id proofs permanent_id verification_id",
    "regulatory.Document": "proof_type media_type file_id", "provisioning.Run": "machine phase summary",
    "provisioning.RunOrder": "result facts", "provisioning.RunEvent": "kind task", "client.Attempt": "kind",
}  # fmt: skip


def markdown() -> str:
    """One line a kind: what it is, how long it is kept, what an erasure does."""
    lines = ["| what | columns | kept | when the person is erased |", "| --- | --- | --- | --- |"]
    for kind in KINDS:
        kept = f"`VOIPBOX_{kind.period.upper()}` after {kind.from_when}" if kind.period else kind.from_when
        lines.append(f"| {kind.name} | {', '.join(f'`{name}`' for name in kind.columns)} | {kept} | {kind.erasure} |")
    return "\n".join(lines)
