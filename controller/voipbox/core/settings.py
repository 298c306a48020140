# SPDX-License-Identifier: GPL-3.0-or-later
"""Django's settings, made from the typed table in config."""

from __future__ import annotations

from .config import config
from .database import settings as database_settings
from .errors import SetUpError

_config = config()


def _secret_key() -> str:
    try:
        return _config.secret_key.read_text().strip()
    except OSError as error:
        raise SetUpError(f"{_config.secret_key} cannot be read ({error.strerror}). Run voipbox init.") from None


SECRET_KEY = _secret_key()
DEBUG = _config.debug
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    _config.base_url.split("://", 1)[1].split("/")[0].rsplit(":", 1)[0],
    *_config.allowed_hosts,
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",
    "procrastinate.contrib.django",
    "voipbox.core",
    "voipbox.providers",
    "voipbox.catalog",
    "voipbox.orders",
    "voipbox.numbers",
    "voipbox.regulatory",
    "voipbox.provisioning",
    "voipbox.retention",
    "voipbox.api",
    "voipbox.pages",
    "voipbox.pages.client",
    "hijack",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "hijack.middleware.HijackUserMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "voipbox.pages.safety.Safety",
    "voipbox.core.interactive.middleware",
]
ROOT_URLCONF = "voipbox.pages.urls"
WSGI_APPLICATION = "voipbox.pages.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_config.templates_dir] if _config.templates_dir else [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": database_settings()}
AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["voipbox.pages.client.by_email.ByEmail"]
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 31 * 24 * 3600  # core.password_links decides; it never allows more than this
HIJACK_PERMISSION_CHECK = "voipbox.pages.client.impersonation.may"
HIJACK_INSERT_BEFORE = "<main"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": _config.password_min_length},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = _config.state_dir / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/pages/vendor/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
LOGIN_URL = "client:sign_in"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "voipbox.pages.error_pages.no_token"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = _config.session_hours * 3600
SESSION_COOKIE_NAME = "__Host-voipbox" if _config.secure else "voipbox"
CSRF_COOKIE_NAME = "__Host-csrftoken" if _config.secure else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _config.secure
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _config.secure else None
SECURE_HSTS_SECONDS = 31536000 if _config.secure else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [_config.base_url]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"voipbox": {"level": "INFO"}, "procrastinate": {"level": "WARNING"}},
}
PROCRASTINATE_IMPORT_PATHS: list[str] = []
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
