# SPDX-License-Identifier: GPL-3.0-or-later
"""For other web servers: voipbox.pages.wsgi:application."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voipbox.core.settings")
application = get_wsgi_application()
