"""The upstream's records, and whether one can be believed. Pure.

A record that breaks a rule is rejected whole, with every reason; what was known before stays.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from registry.enterprises.models import Origin, PermitStatus
from registry.errors import Reason
from registry.identifiers import RESIDENT_ID, BadIdNumber, BadUscc, normal_id_number, normal_uscc
from registry.people.models import Holding
from registry.sync.upstream import Raw

EARLIEST = date(1980, 1, 1)  # No qualification certificate of today's system is older.


def _clean(text: str) -> str:
    """NFC, trimmed; control characters are refused (PostgreSQL cannot even hold NUL)."""
    text = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise ValueError("control character")
    return text


def _uscc(text: str) -> str:
    try:
        return normal_uscc(text)
    except BadUscc as error:
        raise ValueError(error.code) from None  # What a union of types can recover from.


Text = Annotated[str, Field(max_length=400), AfterValidator(_clean)]
Name = Annotated[str, Field(max_length=400), AfterValidator(_clean), Field(min_length=1)]
Uscc = Annotated[str, Field(max_length=40), AfterValidator(_uscc)]


class _Record(BaseModel):
    """What the contract names; further fields of the upstream are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=False, allow_inf_nan=False)


class ContactRecord(_Record):
    """企业联系人."""

    name: Text = ""
    phone: Annotated[Text, Field(pattern=r"^[+0-9 -]{0,20}$")] = ""


class PointRecord(_Record):
    """A point in degrees of its datum."""

    lng: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    datum: Literal["wgs84", "cgcs2000", "gcj02", "bd09"]


class ItemRecord(_Record):
    """A 资质项."""

    sequence: Name
    category: Name
    grade: Name
    origin: Origin
    first_issued_on: date
    valid_to: date
    technical_lead: Name | None = None


class CertificateRecord(_Record):
    """A 资质证书 with its items."""

    number: Name
    licensing_authority: Name
    issued_on: date
    items: tuple[ItemRecord, ...]


class PermitRecord(_Record):
    """A 安全生产许可证."""

    number: Name
    valid_from: date
    valid_to: date
    status: PermitStatus


class EnterpriseRecord(_Record):
    """An enterprise."""

    uscc: Uscc
    name: Name
    kind: Literal["勘察", "设计", "施工", "监理"] = "施工"
    legal_representative: Text = ""
    registered_address: Name
    district_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    contact: ContactRecord = ContactRecord()
    point: PointRecord | None = None
    active: bool
    version: Text = ""
    certificates: tuple[CertificateRecord, ...]
    safety_permits: tuple[PermitRecord, ...]


class PersonCertificateRecord(_Record):
    """A 注册证书 or 职称证书."""

    holding: Holding
    title: Name
    level: Text = ""
    specialty: Name
    number: Name
    employer_uscc: Uscc | Literal[""] = ""
    valid_to: date | None = None


class PersonRecord(_Record):
    """A person on a roster."""

    id: Name
    name: Name
    id_type: Name = RESIDENT_ID
    id_number: Annotated[str, Field(max_length=40)]
    phone: Annotated[Text, Field(pattern=r"^[+0-9 -]{0,20}$")] = ""
    education: Text = ""
    has_photo: bool = False
    years_in_management: Annotated[int, Field(ge=0, le=80)] | None = None
    certificates: tuple[PersonCertificateRecord, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be believed. `key` is the upstream's own name of it, never a person's."""

    key: str
    reasons: tuple[Reason, ...]

    def to_mapping(self) -> dict[str, object]:
        """What a sync run keeps of it: codes and places, none of the content."""
        return {"key": self.key, "reasons": [reason.to_mapping() for reason in self.reasons]}


def read_enterprise(raw: Raw, *, today: date) -> EnterpriseRecord | Rejected:
    """The record, or every reason why not."""
    key = _key(raw, "uscc")
    try:
        record = EnterpriseRecord.model_validate(raw)
    except ValidationError as error:
        return Rejected(key, _reasons(error))
    wrong = [reason for cert in record.certificates for reason in _certificate_dates(cert, today)]
    wrong += [
        _impossible(f"许可证 {p.number}") for p in record.safety_permits if not p.valid_from <= p.valid_to
    ]
    wrong += _repeated(record)
    return Rejected(key, tuple(wrong)) if wrong else record


def read_person(raw: Raw) -> PersonRecord | Rejected:
    """The record with its ID number in normal form, or every reason why not."""
    key = _key(raw, "id")
    try:
        record = PersonRecord.model_validate(raw)
        number = normal_id_number(record.id_number, id_type=record.id_type)
    except (ValidationError, BadIdNumber) as error:
        return Rejected(key, _reasons(error))
    held = [(certificate.holding, certificate.number) for certificate in record.certificates]
    if len(set(held)) < len(held):
        return Rejected(key, (Reason("certificate_repeated", "同一证书出现两次"),))
    return record.model_copy(update={"id_number": number})


def _certificate_dates(certificate: CertificateRecord, today: date) -> list[Reason]:
    wrong = [
        _impossible(f"{item.category}{item.sequence}{item.grade}")
        for item in certificate.items
        if not EARLIEST <= item.first_issued_on <= min(item.valid_to, today)
    ]
    if not EARLIEST <= certificate.issued_on <= today:
        wrong.append(_impossible(f"证书 {certificate.number}"))
    return wrong


def _repeated(record: EnterpriseRecord) -> list[Reason]:
    items = [(c.number, i.category, i.grade) for c in record.certificates for i in c.items]
    numbers = [c.number for c in record.certificates]
    permits = [p.number for p in record.safety_permits]
    if all(len(set(keys)) == len(keys) for keys in (items, numbers, permits)):
        return []
    return [Reason("entry_repeated", "同一证书、资质项或许可证出现两次")]


def _impossible(what: str) -> Reason:
    return Reason("impossible_dates", f"{what} 的日期不可能成立")


def _key(raw: Raw, field: str) -> str:
    value = raw.get(field)
    return "".join(c for c in value if c.isprintable())[:64] if isinstance(value, str) else ""


def _reasons(error: ValidationError | BadIdNumber) -> tuple[Reason, ...]:
    if not isinstance(error, ValidationError):
        return (Reason(error.code, error.message),)
    # Pydantic's own text would quote the value, which may be an ID number or a phone.
    return tuple(
        Reason(f"bad_field:{found['type']}", "字段不正确：" + ".".join(str(part) for part in found["loc"]))
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    )
