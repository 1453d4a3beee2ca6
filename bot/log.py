"""Every warning and error sentence, each ending with what to do about it, and the logging set-up."""

from __future__ import annotations

import logging


def set_up(level: int = logging.INFO) -> None:
    """One line per event on standard error. Libraries that print addresses with secrets in them stay quiet."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "httpcore", "apscheduler", "uvicorn.access", "jieba", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def turn_broke(number: int) -> str:
    return f"message={number} outcome=failed. Its text is kept in the inbox; see the traceback, mend, then answer the person."


def step_broke(kind: str, order: int) -> str:
    return f"step={kind} order={order} outcome=failed. It is tried again later; see the traceback."


def slot_broke(name: str, community: int) -> str:
    return f"daily={name} community={community} outcome=failed. It runs again tomorrow; see the traceback."


def push_broke(row: int) -> str:
    return f"push={row} outcome=failed by a fault of ours. It is tried again later; see the traceback."


def push_given_up(row: int, channel: str, code: str, advice: str) -> str:
    return f"push={row} channel={channel} code={code} outcome=given-up. {advice} The secretary finds it under 没送到."


def push_unknown(row: int, channel: str, code: str) -> str:
    return f"push={row} channel={channel} code={code} outcome=perhaps-delivered. It is not repeated; the secretary finds it under 没送到."


def channel_stopped(channel: str, code: str, advice: str) -> str:
    return f"channel={channel} code={code} outcome=stopped. {advice} Its messages wait and are tried again every five minutes."


def bad_callback(channel: str, why: str) -> str:
    return (
        f"channel={channel} outcome=refused. A request was not from the platform or not readable ({why}). "
        "If messages are missing, compare token and aes_key."
    )


def loop_broke(name: str) -> str:
    return f"loop={name} outcome=failed. It goes on after a pause; see the traceback."


def clock_is_off(seconds: int) -> str:
    return f"clock: platform and server differ by {seconds} s. Set the server's clock, or its messages are refused."


def not_recorded(count: int) -> str:
    return f"messages={count} outcome=not-recorded. Their senders were told to say it again; see the traceback and the disk."
