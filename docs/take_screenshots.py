"""Takes the pictures of the console that README shows: plays a short evening on the real page of a real demo server.

    .venv/bin/python docs/take_screenshots.py

Needs a Chromium on the PATH (or CHROME with the path of one) and a font with Chinese characters.
"""  # noqa: INP001  # a script beside its pictures, no package

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

DOCS = Path(__file__).resolve().parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDE, PHONE = (1280, 800), (390, 844)
WAIT_SECONDS = 30


def main() -> int:
    """Make console.png and console-phone.png; 1 where there is no browser."""
    chromium = next(filter(None, map(shutil.which, (os.environ.get("CHROME", ""), *BROWSERS))), None)
    if chromium is None:
        sys.stderr.write("No Chromium found; install one or set CHROME to its path.\n")
        return 1
    with demo_server() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened(browser, home, WIDE)
        play(page)
        page.screenshot(path=DOCS / "console.png")
        phone = opened(browser, home, PHONE)
        go_to(phone, "居民群")
        expect(phone.get_by_role("log")).to_contain_text("陈刚")
        phone.screenshot(path=DOCS / "console-phone.png")
        browser.close()
    return 0


@contextmanager
def demo_server() -> Iterator[str]:
    """`linli run --demo` on a free port, in a folder that is thrown away; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    linli = Path(sys.executable).with_name("linli.exe" if os.name == "nt" else "linli")
    home = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([linli, "run", "--demo", "--port", str(port)], cwd=folder)  # noqa: S603  # our own command
        try:
            until = time.monotonic() + WAIT_SECONDS
            while not answers(f"{home}/console"):
                if server.poll() is not None or time.monotonic() > until:
                    raise SystemExit("The demo server did not start.")
                time.sleep(0.2)
            yield home
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  # always http to this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def opened(browser: Browser, home: str, size: tuple[int, int]) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=2, locale="zh-CN")
    page.goto(f"{home}/console")
    expect(page.get_by_role("navigation").get_by_role("button").first).to_be_visible()
    return page


def play(page: Page) -> None:
    """A Monday evening: two needs, two helpers."""
    to_monday_evening(page)
    say(page, "居民群", "王秀兰", "有没有会修灯的啊，厨房灯不亮了，我一个人够不着")
    say(page, "居民群", "王秀兰", "明天上午都在 灯泡我有")
    go_to(page, "党员群")
    speak_as(page, "陈刚")
    page.get_by_role("log").get_by_role("button", name="接单", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("已更新")
    say(page, "居民群", "何姐", "想请人帮忙抬一下旧沙发下楼，5栋，明天下午三点，要两个人")
    go_to(page, "党员群")
    expect(page.get_by_role("log").get_by_role("button", name="接单", exact=True)).to_be_visible()
    speak_as(page, "刘洋")
    page.get_by_role("log").get_by_role("button", name="接单", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("刘洋 按了")
    page.wait_for_timeout(3000)  # the highlight of a changed card fades
    page.mouse.move(640, 700)


def to_monday_evening(page: Page) -> None:
    page.get_by_role("button", name="到指定时间").click()
    box = page.get_by_label("时间", exact=True)
    now = datetime.fromisoformat(box.input_value())
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=18, minute=42)
    box.fill(monday.isoformat(timespec="minutes"))
    page.get_by_role("dialog").get_by_role("button", name="快进").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#clock")).to_contain_text("周一 18:42")


def go_to(page: Page, chat: str) -> None:
    name = page.locator(".name").get_by_text(chat, exact=True)
    page.get_by_role("navigation").get_by_role("button").filter(has=name).click()
    expect(page.get_by_role("heading", name=chat)).to_be_visible()


def speak_as(page: Page, name: str) -> None:
    picker = page.get_by_label("谁说")
    option = picker.locator("option").filter(has_text=re.compile(f"^{name}$"))
    picker.select_option(value=option.get_attribute("value"))


def say(page: Page, chat: str, name: str, text: str) -> None:
    go_to(page, chat)
    speak_as(page, name)
    said = page.get_by_role("log").get_by_role("listitem")
    before = said.count()
    page.get_by_label("说一句").fill(text)
    page.get_by_role("button", name="发送").click()
    expect(said.nth(before + 1)).to_be_visible()


if __name__ == "__main__":
    sys.exit(main())
