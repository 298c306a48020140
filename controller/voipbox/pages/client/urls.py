# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of clients and of everybody who signs in."""

from __future__ import annotations

from django.urls import include, path

from . import account, clients, documents, my, passwords, sign_in
from .checkout import views

PAGES = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/code/", sign_in.code, name="code"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("sign-up/", passwords.sign_up, name="sign_up"),
    path("account/forgotten/", passwords.reset, name="reset"),
    path("account/password/<str:who>/<str:token>/", passwords.set_password, name="set_password"),
    path("my/account/", account.show, name="account"),
    path("my/account/password/", account.change_password, name="change_password"),
    path("my/account/second-factor/", account.confirm_second_factor, name="second_factor"),
    path("my/account/second-factor/begin/", account.begin_second_factor, name="begin_second_factor"),
    path("my/account/second-factor/end/", account.end_second_factor, name="end_second_factor"),
    path("my/", my.orders, name="my_orders"),
    path("my/orders/<int:order_id>/", my.order, name="my_order"),
    path("my/orders/<int:order_id>/credentials/", my.show_credentials, name="show_credentials"),
    path("my/orders/<int:order_id>/documents/", documents.add, name="add_document"),
    path("my/orders/<int:order_id>/documents/<int:document_id>/", documents.show, name="show_document"),
    path("my/orders/<int:order_id>/documents/<int:document_id>/remove/", documents.remove, name="remove_document"),
    path("my/orders/<int:order_id>/documents/<int:document_id>/date/", documents.date, name="date_document"),
    path("clients/", clients.clients, name="clients"),
    path("order/", views.start, name="start"),
    path("order/placed/<int:order_id>/approve/", views.approve, name="approve"),
    path("order/<str:token>/", views.resume, name="resume"),
    path("order/<str:token>/discard/", views.discard, name="discard"),
    path("order/<str:token>/done/", views.done, name="done"),
    path("order/<str:token>/parts/domain/", views.domain_part, name="domain_part"),
    path("order/<str:token>/parts/extensions/", views.extensions_part, name="extensions_part"),
    path("order/<str:token>/<slug:slug>/", views.step, name="step"),
]
urlpatterns = [
    path("", include((PAGES, "client"))),
    path("hijack/", include("hijack.urls")),
]
