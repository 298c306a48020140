# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses below /staff/."""

from __future__ import annotations

from django.urls import include, path

from . import (
    acts,
    bulk,
    dashboard,
    mails,
    number_dialog,
    numbers_part,
    order_acts,
    order_page,
    queue,
    regulatory_data,
    regulatory_part,
    runs,
)

app_name = "staff"
_ORDER = [
    path("", order_page.show, name="order"),
    path("pulse/", order_page.pulse, name="pulse"),
    path("moves/<slug:action>/", acts.move, name="move"),
    path("note/", order_acts.note, name="note"),
    path("amend/", order_acts.amend, name="amend"),
    path("plan/", order_acts.plan, name="plan"),
    path("link/", order_acts.new_link, name="new_link"),
    path("link/revoke/", order_acts.revoke_links, name="revoke_links"),
    path("tenant-file/", order_acts.tenant_file, name="tenant_file"),
    path("purchases/<int:purchase_id>/settle/", numbers_part.settle, name="settle_purchase"),
    path("number/", number_dialog.show, name="number"),
    path("number/place/", number_dialog.place, name="place_number"),
    path("registration/", regulatory_data.data, name="registration_data"),
    path("registration/review/", regulatory_part.review, name="registration_review"),
    path("registration/submit/", regulatory_part.submit, name="registration_submit"),
    path("registration/send/", regulatory_part.send, name="registration_send"),
    path("registration/portal/", regulatory_part.portal, name="registration_portal"),
    path("registration/again/", regulatory_part.again, name="registration_again"),
    path("registration/look/", regulatory_part.look, name="registration_look"),
    path("documents/", regulatory_part.add_document, name="add_document"),
    path("documents/<int:document_id>/", regulatory_part.open_document, name="open_document"),
    path("documents/<int:document_id>/remove/", regulatory_part.remove_document, name="remove_document"),
]
urlpatterns = [
    path("", dashboard.show, name="dashboard"),
    path("orders/", queue.show, name="queue"),
    path("orders/bulk/", bulk.ask, name="bulk"),
    path("orders/bulk/approve/", bulk.approve, name="bulk_approve"),
    path("orders/<int:order_id>/", include(_ORDER)),
    path("runs/", runs.listing, name="runs"),
    path("runs/<int:run_id>/", runs.show, name="run"),
    path("runs/<int:run_id>/output/", runs.output, name="run_output"),
    path("runs/<int:run_id>/cancel/", runs.cancel, name="cancel_run"),
    path("mails/<int:mail_id>/", mails.show, name="mail"),
    path("mails/<int:mail_id>/framed/", mails.framed, name="framed_mail"),
    path("mails/<int:mail_id>/resend/", mails.resend, name="resend_mail"),
]
