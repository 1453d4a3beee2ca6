"""Who may open the console: whoever sits at this machine, or knows its password where one is set."""

from __future__ import annotations

import ipaddress
import os
import secrets
import time as stopwatch
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from fastapi import HTTPException, Request

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
class Password:
    """The page's password, kept as an argon2id hash, and the sessions it opened. Guessing is slowed for everybody."""

    COOKIE = "linli_console"
    LASTS_SECONDS = 12 * 3600
    TRIES = 5
    PAUSE_SECONDS = 60

    def __init__(self, password: str) -> None:
        if not password:
            raise ValueError("console_password: empty never means open; leave it out or set one")
        self._salt = os.urandom(16)
        self._hash = self._argon().derive(password.encode())
        self._sessions: dict[str, float] = {}
        self._failures: deque[float] = deque(maxlen=self.TRIES)

    def _argon(self) -> Argon2id:
        return Argon2id(salt=self._salt, length=32, iterations=2, lanes=1, memory_cost=19_456)

    @property
    def is_locked(self) -> bool:
        return len(self._failures) == self.TRIES and stopwatch.monotonic() - self._failures[0] < self.PAUSE_SECONDS

    def open(self, tried: str) -> str | None:
        """A new session's token for the right password."""
        # Counted before it is compared, so that many guesses at once are no way around the pause.
        self._failures.append(stopwatch.monotonic())
        try:
            self._argon().verify(tried.encode(), self._hash)
        except InvalidKey:
            return None
        self._failures.clear()
        while len(self._sessions) >= 20:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[token] = stopwatch.monotonic() + self.LASTS_SECONDS
        return token

    def knows(self, token: str | None) -> bool:
        return token is not None and self._sessions.get(token, 0.0) > stopwatch.monotonic()


LOCAL_ONLY = "为了安全，这个页面只在运行小邻的这台电脑上打开：http://127.0.0.1 加端口。要从别处打开，请先设置 console_password。"
RELOAD = "页面和小邻对不上了，请刷新页面再试。"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _names_this_machine(host_header: str) -> bool:
    """Another name in the Host header means that a foreign page rebound its name to us."""
    name, _, port = host_header.rpartition(":") if not host_header.endswith("]") else (host_header, "", "")
    return (name or port) in ("127.0.0.1", "localhost", "[::1]") and (not name or not port or port.isdecimal())


def refusal(status: int, says: str) -> HTTPException:
    return HTTPException(status, says, headers=SAFE)


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in who sits at this machine, or knows the password where there is one; and no foreign page's requests."""

    bound_to: str
    password: Password | None

    def page(self, request: Request) -> None:
        """The bare page holds no data; with a password anybody may see where to type it."""
        here = _is_loopback(self.bound_to) and _names_this_machine(request.headers.get("host", ""))
        if self.password is None and not here:
            raise refusal(403, LOCAL_ONLY)

    def read(self, request: Request) -> None:
        self.page(request)
        if self.password is not None and not self.password.knows(request.cookies.get(Password.COOKIE)):
            raise refusal(401, "请先输入密码。")

    def same_origin(self, request: Request) -> None:
        origin = urlsplit(request.headers.get("origin", ""))
        is_ours = origin.netloc != "" and origin.netloc == request.headers.get("host")
        if not is_ours or request.headers.get("x-linli-console") != "1":
            raise refusal(403, RELOAD)

    def act(self, request: Request) -> None:
        self.read(request)
        self.same_origin(request)
