# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of clients: signing in and out."""

from __future__ import annotations

from django.contrib.auth import views
from django.urls import path

app_name = "client"
urlpatterns = [
    path("sign-in/", views.LoginView.as_view(template_name="pages/sign_in.html"), name="sign_in"),
    path("sign-out/", views.LogoutView.as_view(), name="sign_out"),
]
