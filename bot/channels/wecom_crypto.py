"""WeCom's callback envelope: signatures and AES, nothing else. Every bad input is the same BadRequest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.channels import BadRequest

BLOCK = 32  # the platform pads to 32, not to the cipher's 16
CIPHER_BLOCK = 16
HEAD = 20  # 16 random bytes and a 4-byte length
KEY_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed answer, in the names of no platform: each channel writes them as JSON or XML."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


def parse_key(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters of EncodingAESKey. Raises ValueError without repeating the key."""
    if len(encoding_aes_key) != KEY_LENGTH:
        raise ValueError(f"EncodingAESKey has {KEY_LENGTH} characters, this one has {len(encoding_aes_key)}")
    try:
        # Real keys may carry spare bits in the last character, which this decoder ignores as the platform does.
        return base64.b64decode(encoding_aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("EncodingAESKey may hold only the letters A-Z and a-z and the digits") from None


def signature(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    """Lower-case hex SHA-1 over the four values in string order."""
    return hashlib.sha1(
        b"".join(sorted(map(_bytes, (token, timestamp, nonce, encrypt)))), usedforsecurity=False
    ).hexdigest()


def open_envelope(
    token: str, key: bytes, receive_id: str, signature: str, timestamp: str, nonce: str, encrypt: str
) -> str:
    """Verify, then decrypt. The message is meant for `receive_id`, which for the 智能机器人 is exactly empty."""
    # Compared as bytes: compare_digest raises TypeError on a str with é in it.
    if not hmac.compare_digest(_bytes(_sign(token, timestamp, nonce, encrypt)), _bytes(signature)):
        raise BadRequest("signature")
    plain = _unpad(_decrypt(key, encrypt))
    message, receiver = _message(plain)
    if not hmac.compare_digest(receiver, _bytes(receive_id)):
        raise BadRequest("receive id")
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("not UTF-8") from None


def seal(token: str, key: bytes, receive_id: str, message: str, timestamp: str, nonce: str) -> Envelope:
    """Encrypt and sign an answer."""
    body = message.encode("utf-8", "replace")
    plain = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + receive_id.encode("utf-8")
    pad = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:CIPHER_BLOCK])).encryptor()
    encrypt = base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode("ascii")
    return Envelope(encrypt, signature(token, timestamp, nonce, encrypt), timestamp, nonce)


_sign = signature  # open_envelope has a parameter of the same name


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decrypt(key: bytes, encrypt: str) -> bytes:
    try:
        data = base64.b64decode(encrypt, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("not base64") from None
    if not data or len(data) % CIPHER_BLOCK:
        raise BadRequest("ciphertext length")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:CIPHER_BLOCK])).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _unpad(padded: bytes) -> bytes:
    pad = padded[-1]
    if not 1 <= pad <= BLOCK or pad > len(padded) or padded[-pad:] != bytes([pad]) * pad:
        raise BadRequest("padding")
    return padded[:-pad]


def _message(plain: bytes) -> tuple[bytes, bytes]:
    """The message and the receiver's id after it."""
    if len(plain) < HEAD:
        raise BadRequest("length")
    (length,) = struct.unpack(">I", plain[16:HEAD])
    if length > len(plain) - HEAD:
        raise BadRequest("length")
    return plain[HEAD : HEAD + length], plain[HEAD + length :]
