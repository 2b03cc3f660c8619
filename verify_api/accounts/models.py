"""Tables of accounts. No secret is kept that could be used: hashes, digests and sealed seeds only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.db import Base, Json, Key


class Account(Base):
    """Somebody who may log in.

    `username` is the USCC of an enterprise in upper case (SZ-04), the log-in name of a member of staff in
    lower case, or the digest of a WeChat openid. A check-in person has no password.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("kind", "username"),
        CheckConstraint("kind IN ('enterprise','staff','person')", name="kind"),
        CheckConstraint("(kind = 'staff') = (role IS NOT NULL)", name="role"),
        CheckConstraint("(kind = 'enterprise') = (enterprise_id IS NOT NULL)", name="enterprise"),
        CheckConstraint("(kind = 'person') = (person_id IS NOT NULL)", name="person"),
        Index("uq_accounts_enterprise", "enterprise_id", unique=True),  # One account per firm (SZ-04).
    )

    id: Mapped[Key]
    kind: Mapped[str]
    username: Mapped[str]
    name: Mapped[str]
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str | None]
    password_hash: Mapped[str | None]
    must_change: Mapped[bool] = mapped_column(server_default=text("false"))
    password_set_at: Mapped[datetime | None]
    password_expires_at: Mapped[datetime | None]
    totp_sealed: Mapped[bytes | None]
    totp_used: Mapped[list[int]] = mapped_column(server_default=text("'[]'::jsonb"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class AccountSession(Base):
    """A log-in that lasts. The token itself is with its holder; here is its SHA-256."""

    __tablename__ = "account_sessions"

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise")


class OneTimeCode(Base):
    """A code sent by SMS. A row is written for an unknown account too, so that both behave alike (SZ-05).

    `subject` is a keyed digest of purpose and account; nothing in it can be read back.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (Index("ix_one_time_codes_subject", "subject", "sent_at"),)

    id: Mapped[Key]
    purpose: Mapped[str]
    subject: Mapped[str] = mapped_column(String(64))
    code_digest: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Failures of one subject (an account name or an address, known or not) in its present window."""

    __tablename__ = "login_throttles"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    window_from: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class AccountEvent(Base):
    """Append-only: what happened to an account, when, from where, and whether it succeeded (C.5)."""

    __tablename__ = "account_events"
    __table_args__ = (Index("ix_account_events_account", "account_id", "at"),)

    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    event: Mapped[str]
    ok: Mapped[bool]
    ip: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))


class Contact(Base):
    """Versions of an enterprise's contact as kept here since the first confirmation (SZ-08)."""

    __tablename__ = "enterprise_contacts"
    __table_args__ = (
        Index(
            "uq_enterprise_contacts_current",
            "enterprise_id",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    name: Mapped[str]
    phone: Mapped[str]
    since: Mapped[datetime]
    replaced_at: Mapped[datetime | None]
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")


class Onboarding(Base):
    """How far an enterprise has come on its way to its tasks (SZ-06, SZ-10…SZ-12)."""

    __tablename__ = "onboardings"

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), primary_key=True)
    gate: Mapped[str]
    invited_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    rules_version: Mapped[str] = mapped_column(server_default="")
    rules_read_at: Mapped[datetime | None]


class InfoConfirmation(Base):
    """Append-only: what exactly was confirmed as the enterprise's base data, when and by whom (SZ-06)."""

    __tablename__ = "info_confirmations"

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"), index=True)
    snapshot: Mapped[Json]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    confirmer: Mapped[str]
    confirmed_at: Mapped[datetime]


class OnboardingFile(Base):
    """Append-only: licences and videos as they were uploaded; the newest of a kind is in force."""

    __tablename__ = "onboarding_files"
    __table_args__ = (
        Index("ix_onboarding_files_enterprise", "enterprise_id", "kind", "id"),
        CheckConstraint("kind IN ('licence','video')", name="kind"),
    )

    id: Mapped[Key]
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    kind: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str]
    size: Mapped[int]
    duration_s: Mapped[float | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    uploaded_at: Mapped[datetime]
