"""The signature is PAdES, covers the page, carries the given time, and breaks when a byte changes."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pikepdf import Pdf
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from registry.clock import SHANGHAI
from tests.verify_api.notices.conftest import NOW, OFFICE
from tests.verify_api.notices.test_pages import document
from verify_api.notices.cutting import as_bytes
from verify_api.notices.models import NoticeKind
from verify_api.notices.press import set_pages
from verify_api.notices.seal import Seal, SealUnusable, open_seal


@pytest.fixture
def page() -> Pdf:
    (made,) = set_pages([document(NoticeKind.LAPSE)])
    return made


def check(signed: bytes, seal: Seal) -> PdfSignatureStatus:
    """What pyHanko's validator, which shares no code with our signing shortcut, says."""
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    trust = ValidationContext(trust_roots=[seal.signing_cert], moment=NOW, allow_fetching=False)
    return validate_pdf_signature(signature, trust)


def test_every_signature_is_valid_the_first_and_those_after_it(seal: Seal) -> None:
    for number, page in enumerate(set_pages([document(NoticeKind.LAPSE)] * 3)):
        status = check(seal.sign(page, now=NOW + timedelta(hours=number), reason=f"第{number}号"), seal)
        assert status.bottom_line
        assert status.coverage.name == "ENTIRE_FILE"
        assert status.signer_reported_dt == NOW + timedelta(hours=number)


def test_the_signed_file_shows_the_page_as_it_was(seal: Seal, page: Pdf) -> None:
    before = as_bytes(page)
    signed = seal.sign(page, now=NOW, reason="x")
    assert b"/ETSI.CAdES.detached" in signed
    with Pdf.open(io.BytesIO(before)) as plain, Pdf.open(io.BytesIO(signed)) as kept:
        painted = [[one.Contents.read_bytes() for one in file.pages] for file in (plain, kept)]
        assert painted[0] == painted[1]
        assert kept.Root.Metadata.read_bytes() == plain.Root.Metadata.read_bytes()


def test_the_signature_says_why_and_is_read_in_shanghai_or_anywhere(seal: Seal, page: Pdf) -> None:
    at = NOW.astimezone(SHANGHAI)
    signed = seal.sign(page, now=at, reason="责令整改通知书 深建改〔2026〕第7号")
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert signature.sig_object["/Reason"] == "责令整改通知书 深建改〔2026〕第7号"
    assert signature.self_reported_timestamp == NOW


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("place", [200, 40_000, -2000])
def test_one_changed_byte_breaks_it(seal: Seal, page: Pdf, place: int) -> None:
    signed = bytearray(seal.sign(page, now=NOW, reason="x"))
    at = place if place > 0 else len(signed) + place
    signed[at] ^= 1
    try:
        status = check(bytes(signed), seal)
    except Exception:
        return
    assert not status.bottom_line


def test_several_threads_may_sign_at_once(seal: Seal) -> None:
    pages = set_pages([document(NoticeKind.LAPSE)] * 12)
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda page: seal.sign(page, now=NOW, reason="x"), pages))
    assert all(check(item, seal).bottom_line for item in signed)


def test_the_self_made_key_is_made_once_kept_private_and_says_what_it_is(tmp_path: Path) -> None:
    first = open_seal(None, "", folder=tmp_path, office=OFFICE.name, now=NOW)
    again = open_seal(None, "", folder=tmp_path, office=OFFICE.name, now=NOW)
    assert first.signing_cert.dump() == again.signing_cert.dump()
    assert (tmp_path / "seal.p12").stat().st_mode & 0o077 == 0
    assert "不具法律效力" in first.signing_cert.subject.native["common_name"]


def pkcs12_file(folder: Path, password: bytes) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例机关")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    sealed = serialization.BestAvailableEncryption(password)
    file = folder / "office.p12"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, sealed))
    return file


def test_an_operators_own_key_of_the_other_kind_signs_too(tmp_path: Path) -> None:
    own = open_seal(pkcs12_file(tmp_path, b"secret"), "secret", folder=tmp_path, office="", now=NOW)
    for page in set_pages([document(NoticeKind.LAPSE)] * 2):
        assert check(own.sign(page, now=NOW, reason="x"), own).bottom_line


def test_a_configured_key_that_cannot_be_read_is_never_replaced_by_the_self_made_one(tmp_path: Path) -> None:
    file = pkcs12_file(tmp_path, b"secret")
    for given, password in [(file, "wrong"), (tmp_path / "missing.p12", "secret")]:
        with pytest.raises(SealUnusable):
            open_seal(given, password, folder=tmp_path, office="", now=NOW)
    assert not (tmp_path / "seal.p12").exists()
