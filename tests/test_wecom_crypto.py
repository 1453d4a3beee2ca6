"""The callback envelope: every published vector, agreement with wechatpy in both directions, and one error for the rest."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from bot.channels import BadRequest
from bot.channels.wecom_crypto import open_envelope, parse_key, seal, signature

TOKEN = "xinqiaoTok01"
AES_KEY = "Qm7rT0vYb2Kx9LwZc4Nd6Hs8Jf1Pg3Ua5Ei0OyXqRtA"
KEY = parse_key(AES_KEY)
CORP = "ww4a1b2c3d4e5f6071"


class Vector(TypedDict):
    id: str
    valid: bool
    token: str
    encoding_aes_key: str
    receiveid: str
    timestamp: str
    nonce: str
    plaintext: str
    encrypt: str
    signature: str


def vectors() -> list[Vector]:
    path = Path(__file__).with_name("wecom_crypto_vectors.json")
    found: list[Vector] = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return found


def open_vector(vector: Vector) -> str:
    return open_envelope(
        vector["token"],
        parse_key(vector["encoding_aes_key"]),
        vector["receiveid"],
        vector["signature"],
        vector["timestamp"],
        vector["nonce"],
        vector["encrypt"],
    )


def sealed(plain: bytes) -> str:
    """Any bytes as a platform with the right key would encrypt them; a multiple of 16 long."""
    crypto = PrpCrypto(KEY)
    return base64.b64encode(crypto.cipher.encrypt(plain)).decode()


def open_signed(encrypt: str, receive_id: str = "") -> str:
    """Open what carries a right signature, so that the checks behind the signature are reached."""
    return open_envelope(TOKEN, KEY, receive_id, signature(TOKEN, "1", "2", encrypt), "1", "2", encrypt)


def test_there_are_fifteen_good_and_eighteen_bad_vectors() -> None:
    good = [vector for vector in vectors() if vector["valid"]]
    assert (len(good), len(vectors()) - len(good)) == (15, 18)


@pytest.mark.parametrize("vector", [v for v in vectors() if v["valid"]], ids=lambda v: v["id"])
def test_good_vector_opens_to_its_text(vector: Vector) -> None:
    assert open_vector(vector) == vector["plaintext"]


@pytest.mark.parametrize("vector", [v for v in vectors() if not v["valid"]], ids=lambda v: v["id"])
def test_bad_vector_is_refused(vector: Vector) -> None:
    with pytest.raises(BadRequest):
        open_vector(vector)


@given(text=st.text(), receive_id=st.sampled_from(["", CORP]), nonce=st.text("0123456789", min_size=1, max_size=12))
def test_wechatpy_opens_what_we_seal(text: str, receive_id: str, nonce: str) -> None:
    envelope = seal(TOKEN, KEY, receive_id, text, "1764000001", nonce)
    peer = WeChatCrypto(TOKEN, AES_KEY, receive_id)
    opened = peer.check_signature(envelope.signature, "1764000001", nonce, envelope.encrypt)
    assert opened == text.encode("utf-8", "replace").decode()


@given(text=st.text(st.characters(codec="utf-8")), receive_id=st.sampled_from(["", CORP]))
def test_we_open_what_wechatpy_seals(text: str, receive_id: str) -> None:
    encrypt = PrpCrypto(KEY).encrypt(text, receive_id).decode()
    assert open_signed(encrypt, receive_id) == text


@pytest.mark.parametrize("start", range(0, 4097, 512))
def test_round_trip_for_every_length(start: int) -> None:
    for length in range(start, min(start + 512, 4097)):
        text = "字"[: length % 2] + "a" * length
        envelope = seal(TOKEN, KEY, CORP, text, "1", "2")
        assert open_envelope(TOKEN, KEY, CORP, envelope.signature, "1", "2", envelope.encrypt) == text


def test_two_seals_of_one_text_differ() -> None:
    assert len({seal(TOKEN, KEY, "", "好", "1", "2").encrypt for _ in range(50)}) == 50


@settings(max_examples=400)
@given(data=st.data())
def test_a_mutated_ciphertext_never_raises_anything_but_bad_request(data: st.DataObject) -> None:
    raw = bytearray(base64.b64decode(seal(TOKEN, KEY, "", data.draw(st.text(max_size=60)), "1", "2").encrypt))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    del raw[data.draw(st.integers(0, len(raw))) :]
    try:
        opened = open_signed(base64.b64encode(bytes(raw)).decode())
    except BadRequest:
        return
    opened.encode("utf-8")  # only the message's own bytes were hit, and they are still text


@settings(max_examples=300)
@given(signed=st.text(), timestamp=st.text(), nonce=st.text(), encrypt=st.text())
def test_random_input_never_raises_anything_but_bad_request(
    signed: str, timestamp: str, nonce: str, encrypt: str
) -> None:
    with pytest.raises(BadRequest):
        open_envelope(TOKEN, KEY, "", signed, timestamp, nonce, encrypt)
    with pytest.raises(BadRequest):
        open_signed(encrypt)


@settings(max_examples=300)
@given(head=st.binary(max_size=60), pad=st.integers(0, 40))
def test_any_decrypted_bytes_are_their_own_text_or_bad_request(head: bytes, pad: int) -> None:
    plain = head + bytes([pad]) * (16 - len(head) % 16) + bytes([pad]) * 32
    try:
        opened = open_signed(sealed(plain))
    except BadRequest:
        return
    length = int.from_bytes(plain[16:20], "big")
    assert opened.encode() == plain[20 : 20 + length]
    assert 1 <= pad <= 32


@pytest.mark.parametrize(
    "key", ["", "short", AES_KEY[:-1], AES_KEY + "A", AES_KEY[:-1] + "é", AES_KEY[:-1] + "*", "=" * 43, " " * 43]
)
def test_a_malformed_key_is_named_without_being_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey") as caught:
        parse_key(key)
    assert not key.strip("= ") or key not in str(caught.value)


def test_spare_bits_in_the_last_character_are_ignored() -> None:
    assert parse_key(AES_KEY[:-1] + "B") == parse_key(AES_KEY)
