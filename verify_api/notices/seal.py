"""The office's electronic signature on a page: PAdES-B-B by pyHanko.

The private key is a PKCS#12 file of the operator's; without one a self-made certificate is kept under `var`
that says of itself that it is for demonstration.
"""

import io
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import cms  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper

from registry.errors import Unavailable

FIELD = "OfficeSeal"
DIGEST = "sha256"
DIGEST_BYTES = 32
RESERVED_BYTES = 12_000  # Hexadecimal digits: twice the size of a CMS with a short chain.
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

    def sign(self, page: bytes, *, now: datetime, reason: str) -> bytes:
        """The page with an invisible PAdES signature appended; the bytes before it stay as they were."""
        writer = _Page(io.BytesIO(page))
        metadata = PdfSignatureMetadata(
            field_name=FIELD, md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES, reason=reason
        )
        signed = _DatedSigner(metadata, signer=self, now=now).sign_pdf(writer, bytes_reserved=RESERVED_BYTES)
        return bytes(signed.getvalue())

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The raw signature over the signed attributes."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    async def async_sign(
        self,
        data_digest: bytes,
        digest_algorithm: str,
        dry_run: bool = False,
        use_pades: bool = False,
        timestamper: TimeStamper | None = None,
        signed_attr_settings: PdfCMSSignedAttributes | None = None,
        is_pdf_sig: bool = True,
        encap_content_info: Any = None,
    ) -> cms.ContentInfo:
        """pyHanko's own CMS for the first page; then the same bytes with the new digest and signature.

        Under one RSA key a PAdES signature without a time stamp differs from page to page in these two
        fields of fixed length only. Filling them in takes a tenth of building the structure anew.
        """

        async def build() -> cms.ContentInfo:
            return await super(Seal, self).async_sign(
                data_digest,
                digest_algorithm,
                dry_run,
                use_pades,
                timestamper,
                signed_attr_settings,
                is_pdf_sig,
                encap_content_info,
            )

        is_plain = use_pades and not dry_run and timestamper is None and encap_content_info is None
        if not (is_plain and isinstance(self._key, rsa.RSAPrivateKey) and len(data_digest) == DIGEST_BYTES):
            return await build()
        if self._pattern is None:
            self._pattern = _learn(data_digest, await build())
        digest, attributes, signature, whole = self._pattern
        attributes = attributes.replace(digest, data_digest)
        new = await self.async_sign_raw(attributes, digest_algorithm)
        return cms.ContentInfo.load(whole.replace(digest, data_digest).replace(signature, new))


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


class _Page(IncrementalPdfFileWriter):
    """Leaves the page's own metadata alone.

    The library would write the machine's time into them, though the signature carries the time given; and
    reading and writing them takes two fifths of a signature.
    """

    def _update_meta(self) -> None:
        return


class _DatedSigner(PdfSigner):
    """Signs with the given time instead of the machine's."""

    def __init__(self, metadata: PdfSignatureMetadata, *, signer: Signer, now: datetime) -> None:
        super().__init__(metadata, signer=signer)
        self._now = now

    def init_signing_session(self, *args: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **options)
        session.system_time = self._now
        return session


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
