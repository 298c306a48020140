# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an installation: one typed table, read from the environment. docs/reference/settings.md is made from it."""

from __future__ import annotations

import functools
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_REPOSITORY = Path(__file__).resolve().parents[3]
_SHARED_MEMORY = Path("/dev/shm")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def _state_home() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "voipbox"


class Config(BaseSettings):
    """Settings of the controller. Each is read from VOIPBOX_ and its name in capitals; no secret stands in any of them."""

    model_config = SettingsConfigDict(env_prefix="VOIPBOX_", extra="ignore", hide_input_in_errors=True)

    state_dir: Path = Field(default_factory=_state_home, description="Folder for keys, the embedded database and mail.")
    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_URL", "VOIPBOX_DATABASE_URL"),
        description="PostgreSQL server, such as postgresql://voipbox@db.example/voipbox; empty: an embedded one. "
        "Keep its password in ~/.pgpass or use database_url_file.",
    )
    database_url_file: Path | None = Field(default=None, description="File whose first line is the database's URL.")
    key_file: Path | None = Field(default=None, description="Keys of the sealed fields (default: STATE_DIR/keys).")
    secret_key_file: Path | None = Field(
        default=None, description="Key of sessions and signatures (default: STATE_DIR/secret_key)."
    )
    base_url: str = Field(default="http://127.0.0.1:8080", description="Where people reach the pages; stands in mails.")
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Further host names the web process answers to, with commas between."
    )
    bind: str = Field(default="127.0.0.1:8080", description="Address and port the web process listens on.")
    web_workers: int = Field(default=2, ge=1, le=64, description="Processes of the web server.")
    web_threads: int = Field(default=4, ge=1, le=64, description="Threads of each of them.")
    api_per_minute: int = Field(
        default=600, ge=1, le=1_000_000, description="Calls of the API that a token may make in a minute."
    )
    debug: bool = Field(default=False, description="Django's debug pages; never where others can reach them.")
    mail_url: str = Field(
        default="folder:",
        description="folder:PATH writes mails as files (default: STATE_DIR/mail), smtp://USER@HOST:PORT (STARTTLS), smtps://..., "
        "smtp+plain://... (no TLS).",
    )
    mail_password_file: Path | None = Field(default=None, description="File with the password of the mail server.")
    mail_from: str = Field(default="voipbox <voipbox@localhost>", description="Sender of all mails.")
    contact: str = Field(
        default="",
        max_length=254,
        description="Where clients write to: an e-mail address, or one that begins with https://. Pages and errors tell it.",
    )
    mail_staff: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Who gets notices of failures, with commas between."
    )
    mail_credentials: bool = Field(
        default=False,
        description="Put passwords into the welcome mail instead of a one-time link. Mailboxes keep them for ever: leave it off.",
    )
    link_hours: int = Field(
        default=72,
        ge=1,
        le=720,
        description="Hours that one-time links live: to credentials, and those by which invited people set their first password.",
    )
    password_min_length: int = Field(
        default=12,
        ge=8,
        le=72,
        description="Shortest password of people who sign in here and of admin users on the PBX; never under 8.",
    )
    sign_up: Literal["mailed", "shown", "closed"] = Field(
        default="mailed",
        description="How people make accounts. mailed: by a link that is mailed to them; shown: it is also shown at once (for "
        "trying without a mail server); closed: not at all, staff invites them.",
    )
    session_hours: int = Field(default=12, ge=1, le=168, description="Hours after which people sign in again.")
    draft_days: int = Field(default=14, ge=1, le=365, description="Days that an unfinished order is kept after its last change.")
    vat_percent: Decimal = Field(
        default=Decimal(0), ge=0, le=100, description="VAT on what clients order, in percent; shown in the checkout."
    )
    currency: str = Field(
        default="USD", pattern=r"^[A-Z]{3}$", description="Currency that is taken where the catalog prices an order in several."
    )
    templates_dir: Path | None = Field(default=None, description="Folder with templates of the site, looked at first (mails).")
    run_batch: int = Field(default=200, ge=1, le=500, description="Orders that one run takes at most.")
    run_timeout: int = Field(default=900, ge=10, le=86400, description="Seconds after which a run is stopped.")
    run_attempts: int = Field(default=3, ge=1, le=20, description="Runs an order is given when runs end without its result.")
    run_deaths: int = Field(
        default=6,
        ge=2,
        le=100,
        description="Runs of an order killed in a row while the machine is well, the last with it alone, before it fails.",
    )
    run_retry_delay: int = Field(
        default=30, ge=0, le=86400, description="Seconds before an order is tried again, doubled each time."
    )
    run_dir: Path = Field(
        default=_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else Path("/tmp"),
        description="Where runs keep their private folders; memory (tmpfs), for they hold passwords.",
    )
    job_slots: int = Field(
        default=4, ge=1, le=64, description="Runs, and as many orders at their providers, that one daemon works on at a time."
    )
    survey_minutes: int = Field(default=15, ge=1, le=1440, description="Minutes between looks at which domains a PBX server has.")
    collection_dir: Path = Field(default=_REPOSITORY, description="Root of the collection voipbox.fusionpbx with its playbooks.")
    hold_minutes: int = Field(
        default=15, ge=1, le=1440, description="Minutes that a number is held for a customer where the provider does not."
    )
    purchase_patience_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        description="Hours after which an order that the provider took, and lists no number for, waits for a person.",
    )
    balance_alarm: int = Field(
        default=50, ge=0, description="Balance of a provider account (its currency) under which staff are told."
    )
    webhook_private: bool = Field(default=False, description="Let webhooks go to private addresses and plain http (for trying).")
    personal_data_days: int = Field(
        default=30, ge=0, le=3650, description="Days after the provider's decision that identities and documents are kept."
    )
    undecided_days: int = Field(
        default=180,
        ge=1,
        le=3650,
        description="Days without any change after which identities and documents go whose registration nobody decided.",
    )
    mail_days: int = Field(default=365, ge=1, le=3650, description="Days that mails which went out, or failed, are kept.")
    closed_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="Days after its end that what a cancelled or terminated order knew of people is kept; the books keep "
        "company, contact, address and price longer.",
    )
    books_days: int = Field(
        default=3650,
        ge=1,
        le=36500,
        description="Days after its end that company, contact and address of an order are kept: as long as books must be.",
    )
    call_days: int = Field(
        default=365, ge=1, le=3650, description="Days that the other party's number is kept in the list of calls; costs stay."
    )
    event_days: int = Field(
        default=90, ge=1, le=3650, description="Days that the output of runs, ended webhook deliveries and failed jobs are kept."
    )

    @field_validator("allowed_hosts", "mail_staff", mode="before")
    @classmethod
    def _with_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("contact")
    @classmethod
    def _can_be_written_to(cls, value: str) -> str:
        if value and not (value.startswith("https://") or _ADDRESS.fullmatch(value)):
            raise ValueError("is an e-mail address, or begins with https://")
        return value

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")

    @property
    def write_to_us(self) -> str:
        """What somebody who needs help is told, as the end of a sentence."""
        return f"write to {self.contact}" if self.contact else "ask whoever runs this site"

    @property
    def keys(self) -> Path:
        """The file with the keys of the sealed fields."""
        return self.key_file or self.state_dir / "keys"

    @property
    def secret_key(self) -> Path:
        """The file with the key of sessions and signatures."""
        return self.secret_key_file or self.state_dir / "secret_key"

    @property
    def database(self) -> str:
        """The URL of the database, empty for the embedded one."""
        if self.database_url_file is not None:
            return self.database_url_file.read_text().splitlines()[0].strip()
        return self.database_url

    @property
    def secure(self) -> bool:
        """True when people come over https."""
        return self.base_url.startswith("https://")


@functools.cache
def config() -> Config:
    """The settings of this process, read once. Raises pydantic.ValidationError for a value that does not fit."""
    return Config()
