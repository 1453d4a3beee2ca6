"""One call to WeCom's HTTP interface: whether it left, what came back, and what each errcode means for the sender."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import httpx
from pydantic import AfterValidator

from bot.channels import Busy, Rejected, SendFailed, Throttled, Unknown

API_BASE = "https://qyapi.weixin.qq.com"
TIMEOUT_SECONDS = 5.0
CONNECT_SECONDS = 3.0
ANSWER_MAX = 256_000  # bytes; a real answer has a few hundred
PORT_MAX = 65_535
SAID_MAX = 200  # characters of errmsg worth keeping

# The request never left: a repeat cannot double anything.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ud800-\udfff]+")


def check_base(address: str) -> str:
    """Scheme, host and port, nothing more; a wrong one stops the start instead of every message."""
    if not re.fullmatch(r"https?://(?:[0-9A-Za-z][0-9A-Za-z.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", address):
        raise ValueError("an address like https://host or http://host:port is wanted")
    if (httpx.URL(address).port or 0) > PORT_MAX or not httpx.URL(address).host:
        raise ValueError("there is no such port")
    return address


Base = Annotated[str, AfterValidator(check_base)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said. `errcode` decides; `errmsg` is for people and changes at will."""

    errcode: int
    errmsg: str
    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str, default: int) -> int:
        value = self.fields.get(name)
        return value if isinstance(value, int) else default


Fault = Callable[[str, str], SendFailed]  # (code, what the platform said) → the error to raise


def new_client() -> httpx.AsyncClient:
    """The client for all WeCom doors: no proxies from the environment, no redirects, bounded time and connections."""
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
    )


async def call(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    seconds: float,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, object] | None = None,
) -> Answer:
    """Busy: it never left, or the platform refused to look at it. Unknown: it left and we cannot read what became of it."""
    # Real characters instead of \\u escapes: some calls refuse escapes and all of them count bytes.
    content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    headers = {} if content is None else {"content-type": "application/json"}
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream(
                method, url, params=params, content=content, headers=headers, follow_redirects=False
            ) as response,
        ):
            raw = await _capped(response)
    except NOT_SENT as error:
        raise Busy(type(error).__name__, "The platform could not be reached; check network and api_base.") from None
    except httpx.InvalidURL:
        raise Rejected("address", "The platform gave an address that is none.") from None
    except (httpx.HTTPError, TimeoutError) as error:
        # No `from error`: its text may hold the address with the token in it.
        raise Unknown(type(error).__name__, "The request left, no answer came; it may have arrived.") from None
    return _read(response.status_code, response.headers.get("retry-after", ""), raw)


def failure(faults: Mapping[int, Fault], answer: Answer, *secrets: str) -> SendFailed:
    """The error for an answer whose errcode is not 0."""
    said = answer.errmsg
    for secret in filter(None, secrets):
        said = said.replace(secret, "…")
    said = _UNPRINTABLE.sub(" ", said)[:SAID_MAX]
    return faults.get(answer.errcode, _unlisted)(str(answer.errcode), said)


def rejected(advice: str, *, gone: bool = False, stop: bool = False) -> Fault:
    return lambda code, said: Rejected(code, f"{advice} ({said})", gone=gone, stop=stop)


def throttled(advice: str, wait: float) -> Fault:
    return lambda code, said: Throttled(code, f"{advice} ({said})", wait)


def busy(code: str, said: str) -> SendFailed:
    return Busy(code, f"The platform is busy; tried again with growing waits. ({said})")


def untrusted_address(code: str, said: str) -> SendFailed:
    """60020: the fix needs our address as the platform sees it, and only errmsg tells it."""
    found = re.search(r"from ip: ?([0-9A-Fa-f.:]{3,45})", said)
    address = found.group(1).rstrip(".") if found else "(see the message)"
    advice = f"This server's address {address} is not on the trusted list. Add it under 企业可信IP; messages wait until then."
    return Rejected(code, f"{advice} ({said})", stop=True)


def _unlisted(code: str, said: str) -> SendFailed:
    return Rejected(code, f"The platform refused with a code we do not know; look it up. ({said})")


async def _capped(response: httpx.Response) -> bytes:
    raw = bytearray()
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > ANSWER_MAX:
            raise Unknown("too-long", "The answer is not one of this platform; it may have arrived.")
    return bytes(raw)


def _read(status: int, retry_after: str, raw: bytes) -> Answer:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        wait = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 60.0
        raise Throttled("http-429", "Too many requests for the platform's gateway.", min(wait, 3600.0))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Busy(f"http-{status}", "The platform had a bad moment.")
    if httpx.codes.is_redirect(status):
        raise Busy(f"http-{status}", "Something between us and the platform redirects our requests; check the network.")
    if status != httpx.codes.OK:
        raise Rejected(f"http-{status}", "This is not how the platform answers; check api_base.")
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    errcode = found.get("errcode") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(errcode, int) or isinstance(errcode, bool):
        raise _unreadable()
    errmsg = found.get("errmsg")
    return Answer(errcode, errmsg if isinstance(errmsg, str) else "", found)


def _unreadable() -> Unknown:
    return Unknown("unreadable", "An answer came that is not the platform's; it may have arrived. Check for a proxy.")
