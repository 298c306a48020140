"""What attacks share: an installation over HTTP (over_http.py)."""

from tests.attacks.over_http import target

__all__ = ["target"]
