"""What every WeCom callback has in common: the signed query, the time window, the body cap, and reading loose values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.channels import BadRequest, Inbound
from bot.channels.wecom_crypto import open_envelope
from nlp.clean import clean

BODY_MAX = 128 * 1024  # a long quote with escapes needs 55 kB
WINDOW_SECONDS = 600
ID_MAX = 256
SOONEST, LATEST = 1_000_000_000, 9_999_999_999  # seconds that can be a moment of this product's life

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Signed:
    """The three values of the query that sign an envelope."""

    signature: str
    timestamp: str
    nonce: str

    @property
    def at(self) -> datetime:
        return moment(self.timestamp) or datetime.fromtimestamp(0, UTC)

    def open(self, token: str, key: bytes, receive_id: str, encrypt: str) -> str:
        return open_envelope(token, key, receive_id, self.signature, self.timestamp, self.nonce, encrypt)


def signed(inbound: Inbound) -> Signed:
    return Signed(*(single(inbound, name) for name in ("msg_signature", "timestamp", "nonce")))


def single(inbound: Inbound, name: str) -> str:
    """A query parameter that must be there exactly once."""
    values = inbound.query.get(name, ())
    if len(values) != 1 or not values[0] or len(values[0]) > BODY_MAX:
        raise BadRequest(f"query parameter {name}")
    return values[0]


def check_fresh(signature: Signed, now: datetime, window_seconds: int) -> None:
    """An old request is a replay; the message key stops a repeat inside the window."""
    if moment(signature.timestamp) is None:
        raise BadRequest("timestamp")
    off = int((now - signature.at).total_seconds())
    if abs(off) > window_seconds:
        raise BadRequest(f"timestamp is {off} s off; if this repeats, set this server's clock")


def check_size(inbound: Inbound) -> None:
    if len(inbound.body) > BODY_MAX:
        raise BadRequest("body too large")


def parse_json(raw: str | bytes) -> Json:
    """An object, or BadRequest: too deep, numbers of thousands of digits and broken text included."""
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise BadRequest("not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("not a JSON object")
    return found


def digest(payload: Json) -> str:
    """SHA-256 of the payload in one canonical spelling: the key of an event that carries no id."""
    try:
        canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        raise BadRequest("not JSON") from None
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def at(node: object, *path: str) -> object:
    for name in path:
        if not isinstance(node, dict):
            return None
        node = node.get(name)
    return node


def text_at(node: object, *path: str) -> str:
    """The text found there, empty where there is none."""
    found = at(node, *path)
    return found if isinstance(found, str) else ""


def moment(seconds: object) -> datetime | None:
    """Seconds since 1970 as a number or digits; None where they are no sensible moment."""
    if isinstance(seconds, str) and re.fullmatch(r"[0-9]{10}", seconds):
        seconds = int(seconds)
    if isinstance(seconds, int) and SOONEST <= seconds <= LATEST:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def is_id(found: str) -> bool:
    """An id of the platform's: printable, and of a length that a table column takes."""
    return 0 < len(found) <= ID_MAX and found.isprintable() and clean(found) == found


def label(kind: str) -> str:
    """A platform's word for a kind of message, fit for a log line."""
    return re.sub(r"[^0-9A-Za-z_.-]", "?", kind[:40]) or "none"
