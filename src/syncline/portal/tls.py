"""TLS for the portal: a certificate authority of its own, made in the data folder.

HubSpot's command line speaks nothing but TLS. The authority signs one certificate and its key is thrown away at
once, so that nobody can sign another; besides, it may only vouch for this machine and for the hosts the command
line calls. `portal-ca.pem` is what a client is told to trust.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from syncline.clock import Milliseconds
from syncline.portal.domain.errors import SetupError

AUTHORITY, CERTIFICATE, KEY = "portal-ca.pem", "portal-tls.pem", "portal-tls.key"
HUBSPOT_HOSTS = ("api.hubapi.com", "api.hubspot.com")
TEMPLATE_HOSTS = ("raw.githubusercontent.com", "api.github.com")
"""Hosts the certificate names besides this machine: those a CONNECT proxy leads here."""

LIFE = timedelta(days=397)
RENEW = timedelta(days=30)
"""A certificate with less than this left is made anew, and its authority with it."""

_NAMES = ("localhost", *HUBSPOT_HOSTS, *TEMPLATE_HOSTS)
_ADDRESSES = ("127.0.0.1", "::1")
_NETWORKS = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificate, its key and the authority to be trusted lie."""

    authority: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def tls_files(data: Path) -> TlsFiles:
    """Return where the files lie in a data folder, whether they are there or not."""
    return TlsFiles(data / AUTHORITY, data / CERTIFICATE, data / KEY)


def prepare_tls(data: Path, now: Milliseconds) -> TlsFiles:
    """Return the certificate of a data folder, made when there is none or it ends soon; `SetupError`."""
    files = tls_files(data)
    moment = datetime.fromtimestamp(now / 1000, UTC)
    try:
        if not _is_good(files, moment):
            _make(files, moment)
    except OSError as error:
        raise SetupError(f"The portal's certificate can't be written: {error}.") from None
    return files


def _is_good(files: TlsFiles, now: datetime) -> bool:
    if not (files.authority.exists() and files.certificate.exists() and files.key.exists()):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
        certificate.verify_directly_issued_by(authority)
        files.context()
    except (ValueError, TypeError, ssl.SSLError, InvalidSignature):
        return False
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW


def _make(files: TlsFiles, now: datetime) -> None:
    signing, serving = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Syncline rehearsal portal")])
    authority = _authority(name, signing, now)
    certificate = _certificate(authority, signing, serving, now)
    secret = serving.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The key first: a start that is interrupted finds the three not belonging together, and makes them anew.
    _write(files.key, secret, 0o600)
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(files.authority, authority.public_bytes(serialization.Encoding.PEM), 0o644)


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    permitted: Sequence[x509.GeneralName] = [
        *map(x509.DNSName, _NAMES),
        *(x509.IPAddress(ipaddress.ip_network(network)) for network in _NETWORKS),
    ]
    return (
        _builder(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    authority: x509.Certificate,
    signing: ec.EllipticCurvePrivateKey,
    serving: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names: Sequence[x509.GeneralName] = [
        *map(x509.DNSName, _NAMES),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES),
    ]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return (
        _builder(name, authority.subject, serving.public_key(), now)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(serving.public_key()), critical=False)
        .add_extension(issuer, critical=False)
        .sign(signing, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + LIFE)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step, with its mode from the first moment."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
