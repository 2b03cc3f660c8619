"""The office's electronic signature on a page: PAdES-B-B by pyHanko.

The private key is a PKCS#12 file of the operator's; without one a self-made certificate is kept under `var`
that says of itself that it is for demonstration.
"""

import asyncio
import hashlib
import io
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import cms  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko.sign.signers import Signer
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from registry.errors import Unavailable
from verify_api.notices.cutting import as_bytes

FIELD = "OfficeSeal"
DIGEST = "sha256"
EMPTY = bytes(6_000).hex().encode()  # Room for the signature and a chain of certificates.
UNKNOWN_RANGE = [0, 9_999_999_999, 9_999_999_999, 9_999_999_999]
PRINTED_AND_LOCKED = 4 + 128
SIGNED_AND_APPEND_ONLY = 1 + 2
VALID_FOR = timedelta(days=3650)
PASSWORD_FREE = serialization.NoEncryption()

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class SealUnusable(Unavailable):
    """The office's key cannot be read, so nothing can be signed."""

    code = "seal_unusable"
    message = "电子签名证书无法使用，请联系系统管理员"


class Seal(Signer):
    """Signs with a key held in memory; several threads may share it."""

    def __init__(self, certificate: x509.Certificate, key: PrivateKey, chain: list[x509.Certificate]) -> None:
        """Keep the key and everything that is the same in each of its signatures."""
        super().__init__(signing_cert=_asn1(certificate))
        self._key = key
        self._pattern: tuple[bytes, bytes, bytes, bytes] | None = None
        for item in chain:
            self.cert_registry.register(_asn1(item))

    @classmethod
    def from_pkcs12(cls, file: Path, password: str) -> "Seal":
        """The operator's key and certificate chain.

        Raises:
            SealUnusable: Unreadable, wrong password, or not an RSA or EC key.
        """
        try:
            key, certificate, chain = pkcs12.load_key_and_certificates(
                file.read_bytes(), password.encode() if password else None
            )
        except (OSError, ValueError) as error:
            raise SealUnusable(f"电子签名证书无法读取：{error}") from error
        if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise SealUnusable("电子签名证书须含 RSA 或 EC 私钥")
        return cls(certificate, key, list(chain))

    @classmethod
    def self_made(cls, folder: Path, *, office: str, now: datetime) -> "Seal":
        """The demonstration key in `folder`, made at the first call (mode 0600)."""
        file = folder / "seal.p12"
        if not file.exists():
            _make(file, office=office, now=now)
        return cls.from_pkcs12(file, "")

    def sign(self, page: Pdf, *, now: datetime, reason: str) -> bytes:
        """The page with an invisible PAdES-B-B signature over the whole file (ETSI EN 319 142-1).

        `page` itself is given the signature field, too, and is of no further use.
        """
        _give_field(page, now=now, reason=reason)
        made = bytearray(as_bytes(page, is_same_again=False))
        start = made.index(b"/Contents <" + EMPTY) + len(b"/Contents ")
        end = start + len(EMPTY) + 2
        _tell_range(made, start, end)
        digest = hashlib.sha256(memoryview(made)[:start])
        digest.update(memoryview(made)[end:])
        signed = io.BytesIO(made)
        room = PreparedByteRangeDigest(digest.digest(), start, end)
        room.fill_with_cms(signed, self._cms(digest.digest()))
        return signed.getvalue()

    def _cms(self, digest: bytes) -> bytes:
        """The signature over a digest, DER.

        pyHanko's own for the first page; then the same bytes with the new digest and signature. Under one RSA
        key a PAdES signature without a time stamp differs from page to page in these two fields of fixed
        length only, and filling them in takes a tenth of building the structure anew.
        """
        if self._pattern is None or not isinstance(self._key, rsa.RSAPrivateKey):
            made = asyncio.run(self.async_sign(digest, DIGEST, use_pades=True))
            self._pattern = _learn(digest, made)
            return bytes(made.dump())
        known, attributes, signature, whole = self._pattern
        new = self._raw(attributes.replace(known, digest))
        return whole.replace(known, digest).replace(signature, new)

    def _raw(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The raw signature over the signed attributes."""
        return self._raw(data)


def _learn(digest: bytes, made: cms.ContentInfo) -> tuple[bytes, bytes, bytes, bytes]:
    """(digest, signed attributes, signature, whole CMS) of a first signature.

    Raises:
        SealUnusable: A field occurs more than once, so that it could not be filled in safely.
    """
    whole = made.dump()
    (signer,) = cms.ContentInfo.load(whole)["content"]["signer_infos"]
    attributes, signature = signer["signed_attrs"].untag().dump(), signer["signature"].native
    if [whole.count(digest), attributes.count(digest), whole.count(signature)] != [1, 1, 1]:
        raise SealUnusable
    return digest, attributes, signature, whole


def open_seal(file: Path | None, password: str, *, folder: Path, office: str, now: datetime) -> Seal:
    """The operator's PKCS#12 where one is configured, else the self-made demonstration key in `folder`.

    Raises:
        SealUnusable: The configured file cannot be used; the demonstration key never takes its place.
    """
    if file is not None:
        return Seal.from_pkcs12(file, password)
    return Seal.self_made(folder, office=office, now=now)


def _give_field(page: Pdf, *, now: datetime, reason: str) -> None:
    """A signature field that is still empty (ISO 32000-1, 12.7.4.5 and 12.8.1)."""
    first = page.pages[0].obj
    field = page.make_indirect(
        Dictionary(
            FT=Name.Sig,
            T=FIELD,
            Type=Name.Annot,
            Subtype=Name.Widget,
            F=PRINTED_AND_LOCKED,
            Rect=[0, 0, 0, 0],
            P=first,
            V=page.make_indirect(_empty_signature(now, reason)),
        )
    )
    first.Annots = Array([field])
    page.Root.AcroForm = Dictionary(Fields=[field], SigFlags=SIGNED_AND_APPEND_ONLY)
    level = Dictionary(Type=Name.DeveloperExtensions, BaseVersion=Name("/1.7"), ExtensionLevel=1)
    page.Root.Extensions = Dictionary(ESIC=level)


def _empty_signature(now: datetime, reason: str) -> Dictionary:
    return Dictionary(
        Type=Name.Sig,
        Filter=Name("/Adobe.PPKLite"),
        SubFilter=Name("/ETSI.CAdES.detached"),
        Contents=String(bytes(len(EMPTY) // 2)),
        ByteRange=Array(UNKNOWN_RANGE),
        M=now.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ"),
        Reason=reason,
    )


def _tell_range(made: bytearray, start: int, end: int) -> None:
    """Write which bytes are signed: all but `start` … `end`, in the room kept for the four numbers."""
    at = made.index(b"/ByteRange [ ") + len(b"/ByteRange [ ")
    room = made.index(b"]", at) - at
    told = f"0 {start} {end} {len(made) - end}".encode().ljust(room)
    made[at : at + room] = told


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _make(file: Path, *, office: str, now: datetime) -> None:
    """A self-signed certificate; if two processes make one at once, the first stays."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, office),
            x509.NameAttribute(NameOID.COMMON_NAME, "演示电子印章（不具法律效力）"),
        ]
    )
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
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_FOR)  # A simulation may begin well before today.
        .not_valid_after(now + VALID_FOR)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    data = pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, PASSWORD_FREE)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    try:
        os.link(beside, file)
    except FileExistsError:
        return
    finally:
        beside.unlink()
