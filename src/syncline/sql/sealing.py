"""Secrets at rest: sealed so that only the holder of the key opens them, in the place they belong to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from syncline.sql.errors import KeyRefused, SealBroken

KEY_BYTES = 32
NONCE_BYTES = 12
SEAL_VERSION = "s1"


@dataclass(frozen=True, slots=True)
class Key:
    """The installation's secret: 32 random bytes, written as 43 characters of base64url."""

    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path, given: str | None = None) -> Key:
        """Return the key `given` as text, else the one in the file, which is made (0600) when missing.

        KeyRefused when it is malformed, unreadable, or the file can be read by group or others.
        """
        if given is not None:
            return cls.parse(given)
        if not path.exists():
            _create(path)
        return cls.parse(_read_private(path))

    @classmethod
    def parse(cls, text: str) -> Key:
        """Return the key written as text; KeyRefused unless it is 32 bytes of base64url."""
        try:
            secret = _decode(text.strip())
        except ValueError:
            secret = b""
        if len(secret) != KEY_BYTES:
            raise KeyRefused("The secret key must be 32 bytes written as 43 characters of base64url.")
        return cls(secret)

    @classmethod
    def make(cls, path: Path) -> Key:
        """Write a new random key to a file (0600) that is not there yet, and return what the file now holds."""
        _create(path)
        return cls.load(path)

    @property
    def name(self) -> str:
        """Name the key without telling anything of it; every value sealed under it begins with that name."""
        return self.derive("name")[:4].hex()

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for that purpose alone (HKDF-SHA-256, RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"syncline {purpose}".encode()).derive(self.secret)


class Sealer:
    """Seals short texts under one key and takes fingerprints of secrets; opens what `others` sealed, too.

    Thread-safe, but for `turn_to` and `keep_fingerprint_key`.
    """

    def __init__(self, key: Key, *others: Key) -> None:
        self._ciphers: dict[str, AESGCM] = {}
        self._fingerprint_keys: dict[str, bytes] = {}
        self._fingerprint_hashes: dict[str, hmac.HMAC] = {}
        for each in (*others, key):
            self.turn_to(each)
        self._fingerprints = key

    def turn_to(self, key: Key) -> None:
        """Seal under that key from now on; what was sealed under the keys before still opens.

        Fingerprints stay as they are: they cannot be made anew without the secrets.
        """
        self._ciphers[key.name] = AESGCM(key.derive("seal 1"))
        self._name = key.name

    @property
    def key_name(self) -> str:
        """Name the key that seals now; every value it sealed begins with that name."""
        return self._name

    def seal(self, plaintext: str, *bound_to: str) -> str:
        """Return the text sealed (AES-256-GCM) and bound to a place, e.g. tenant, table and column.

        It opens only with the same words in the same order.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._ciphers[self._name].encrypt(nonce, plaintext.encode(), _place(bound_to))
        return f"{SEAL_VERSION}.{self._name}.{_encode(sealed)}"

    def open(self, sealed: str, *bound_to: str) -> str:
        """Return the text that was sealed; SealBroken when it was changed, moved or sealed otherwise."""
        version, _, rest = sealed.partition(".")
        name, _, payload = rest.partition(".")
        if version != SEAL_VERSION:
            raise SealBroken("This is not a sealed value of a version this program knows.")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise SealBroken(f"The value was sealed with the key {name!r}; this one is {self._name!r}.")
        try:
            data = _decode(payload)
            return cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _place(bound_to)).decode()
        except (InvalidTag, ValueError):
            raise SealBroken("The sealed value was changed or belongs to another place.") from None

    def is_current(self, sealed: str) -> bool:
        """Tell whether the value was sealed under the key that seals now."""
        return sealed.startswith(f"{SEAL_VERSION}.{self._name}.")

    def fingerprint(self, purpose: str, secret: str) -> bytes:
        """Return 32 bytes by which a secret is found again but not known (HMAC-SHA-256)."""
        keyed = self._fingerprint_hashes.get(purpose)
        if keyed is None:
            keyed = self._fingerprint_by(purpose, self._fingerprints.derive(f"fingerprint {purpose}"))
        # `hmac.digest` would let go of the GIL, and every request would wait until the writer gives it back.
        hashed = keyed.copy()
        hashed.update(secret.encode())
        return hashed.digest()

    def fingerprint_key(self, purpose: str) -> str:
        """Return the key behind the fingerprints of one purpose as base64url, to be kept sealed."""
        self.fingerprint(purpose, "")
        return _encode(self._fingerprint_keys[purpose])

    def keep_fingerprint_key(self, purpose: str, text: str) -> None:
        """Take fingerprints of that purpose with a key that `fingerprint_key` gave, whatever key seals."""
        self._fingerprint_by(purpose, _decode(text))

    def _fingerprint_by(self, purpose: str, key: bytes) -> hmac.HMAC:
        """Take fingerprints of that purpose with that key; return its hash, to be copied and fed."""
        self._fingerprint_keys[purpose] = key
        keyed = self._fingerprint_hashes[purpose] = hmac.new(key, digestmod=hashlib.sha256)
        return keyed


def _place(bound_to: tuple[str, ...]) -> bytes:
    """Return the words so that no two different lists give the same bytes."""
    words = [word.encode() for word in bound_to]
    return b"".join(len(word).to_bytes(4, "big") + word for word in words)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Return the bytes of base64url without padding; ValueError unless this is the one way to write them."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("not canonical base64url")
    return data


def _create(path: Path) -> None:
    """Write a new key, complete or not at all; when another process was quicker, its key stays."""
    draft = path.with_name(f"{path.name}.{os.urandom(8).hex()}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_encode(os.urandom(KEY_BYTES)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _sync_folder(path.parent)
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyRefused(f"The key file {path} cannot be made: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_private(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(1024)
    except OSError as error:
        raise KeyRefused(f"The key file {path} cannot be read: {error.strerror}.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyRefused(f"The key file {path} can be read by others: run chmod 600 {path}.")
    return text
