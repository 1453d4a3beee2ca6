"""Who may open the console: whoever sits at this machine, or knows its password where one is set."""

from __future__ import annotations

import ipaddress
import os
import secrets
import threading
import time as stopwatch
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from fastapi import HTTPException, Request, Response

SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
LOCAL_ONLY = (
    "为了安全，这个页面只在运行小邻的这台电脑上打开：http://127.0.0.1 加端口。要从别处打开，请先给它设一个密码。"
)
RELOAD = "页面和小邻对不上了，请刷新页面再试。"
COOKIE = "linli_console"
SESSION_SECONDS = 12 * 3600
SESSIONS_MAX = 20
TRIES = 5
PAUSE_SECONDS = 60


def refusal(status: int, says: str) -> HTTPException:
    """A refusal in words that the page shows as they are."""
    return HTTPException(status, says, headers=SAFE)


class Password:
    """The page's password, kept as an argon2id hash, and the sessions it opened. Guessing is slowed for everybody."""

    def __init__(self, password: str) -> None:
        if not password.strip():
            raise ValueError("console_password: an empty one never means open; set one or leave the key out")
        self._salt = os.urandom(16)
        self._hash = self._argon().derive(password.encode())
        self._sessions: dict[str, float] = {}
        self._failures: deque[float] = deque(maxlen=TRIES)
        self._one_at_a_time = threading.Lock()

    def _argon(self) -> Argon2id:
        return Argon2id(salt=self._salt, length=32, iterations=2, lanes=1, memory_cost=19_456)

    def open(self, tried: str) -> str:
        """A new session's token for the right password; raises a refusal for a wrong one."""
        # Twenty megabytes for every guess: one at a time, or guessing would be a way to fill the memory.
        with self._one_at_a_time:
            now = stopwatch.monotonic()
            if len(self._failures) == TRIES and now - self._failures[0] < PAUSE_SECONDS:
                raise refusal(429, "试得太多了，请过一分钟再试。")
            try:
                self._argon().verify(tried.encode(), self._hash)
            except InvalidKey:
                self._failures.append(now)
                raise refusal(401, "密码不对，再想想。") from None
            self._failures.clear()
            while len(self._sessions) >= SESSIONS_MAX:
                del self._sessions[next(iter(self._sessions))]
            token = secrets.token_urlsafe(32)
            self._sessions[token] = now + SESSION_SECONDS
            return token

    def knows(self, token: str | None) -> bool:
        return token is not None and self._sessions.get(token, 0.0) > stopwatch.monotonic()

    def hand_out(self, token: str, response: Response, *, secure: bool) -> None:
        response.set_cookie(
            COOKIE, token, max_age=SESSION_SECONDS, path="/console", secure=secure, httponly=True, samesite="strict"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _names_this_machine(header: str) -> bool:
    """Another name in the Host header means that a foreign page made its own name lead here."""
    name, separator, port = header.rpartition(":")
    if not separator or header.endswith("]"):
        name, port = header, "80"
    return name.lower() in ("127.0.0.1", "localhost", "[::1]") and port.isascii() and port.isdecimal()


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in who may see the page, and none of the requests that a foreign page makes in their name."""

    bound_to: str
    password: Password | None

    def page(self, request: Request) -> None:
        """The bare page holds no data; with a password anybody may see where to type it."""
        here = _is_loopback(self.bound_to) and _names_this_machine(request.headers.get("host", ""))
        if self.password is None and not here:
            raise refusal(403, LOCAL_ONLY)

    def look(self, request: Request) -> None:
        self.page(request)
        if self.password is not None and not self.password.knows(request.cookies.get(COOKIE)):
            raise refusal(401, "请先输入密码。")

    def knock(self, request: Request) -> None:
        self.page(request)
        self._is_ours(request)

    def act(self, request: Request) -> None:
        self.look(request)
        self._is_ours(request)

    def _is_ours(self, request: Request) -> None:
        """No other site can set this header, nor name our own address as its origin."""
        origin = urlsplit(request.headers.get("origin", "")).netloc
        if not origin or origin != request.headers.get("host") or request.headers.get("x-linli-console") != "1":
            raise refusal(403, RELOAD)
