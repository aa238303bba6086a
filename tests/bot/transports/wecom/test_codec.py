"""The callback crypto: the official example, and everything that is not exactly right is refused with a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from wecom_families import NOW, WORDS, Family, families, good
from wecom_vector import CORP, ECHO, KEY, NONCE, PLAIN, SIGNATURE, TIMESTAMP, TOKEN

from bot.transports.wecom.codec import CallbackRefused, Codec, Fault
from bot.transports.wecom.replay import ReplayGuard


def codec(receiver: str = CORP) -> Codec:
    return Codec(SecretStr(TOKEN), SecretStr(KEY), receiver)


def guard() -> ReplayGuard:
    return ReplayGuard(lambda: datetime.fromtimestamp(NOW, UTC))


def test_the_official_example() -> None:
    assert codec().sign(TIMESTAMP, NONCE, ECHO) == SIGNATURE
    codec().verify(SIGNATURE, TIMESTAMP, NONCE, ECHO)
    assert codec().decrypt(ECHO) == PLAIN


def test_the_callback_that_the_wrong_ones_are_made_of_is_right() -> None:
    call = good()
    codec().verify(call.signature, call.timestamp, call.nonce, call.encrypted)
    guard().accept(call.timestamp, call.nonce)
    assert codec().decrypt(call.encrypted) == WORDS


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_it_is_refused_for_its_reason(family: Family) -> None:
    watch = guard()
    call = family.call

    def come() -> str:
        codec().verify(call.signature, call.timestamp, call.nonce, call.encrypted)
        watch.accept(call.timestamp, call.nonce)
        return codec(family.receiver).decrypt(call.encrypted)

    if family.twice:
        assert come() == WORDS
    with pytest.raises(CallbackRefused) as refused:
        come()
    assert refused.value.fault is family.fault
    assert str(refused.value) == family.fault.value  # nothing of what came


def test_there_are_enough_families_and_every_fault_has_one() -> None:
    assert len({family.name for family in families()}) == len(families()) >= 50
    assert {family.fault for family in families()} == set(Fault)


@pytest.mark.parametrize("text", ["", "x", "路灯坏了 🙂", "a" * 12, "a" * 32, "\0", "x" * 40_000])
@pytest.mark.parametrize("receiver", ["", CORP])
def test_there_and_back(text: str, receiver: str) -> None:
    assert codec(receiver).decrypt(codec(receiver).encrypt(text)) == text


def test_an_app_and_a_bot_with_the_same_key_do_not_read_each_other() -> None:
    with pytest.raises(CallbackRefused, match="another receiver"):
        codec("").decrypt(codec(CORP).encrypt("x"))


@pytest.mark.parametrize(("token", "key"), [("", KEY), (TOKEN, KEY[:-1]), (TOKEN, KEY + "="), (TOKEN, "密" * 43)])
def test_what_cannot_be_a_key_is_said_without_repeating_it(token: str, key: str) -> None:
    with pytest.raises(ValueError, match="43 characters") as wrong:
        Codec(SecretStr(token), SecretStr(key))
    assert key not in str(wrong.value)


def test_a_nonce_that_was_released_may_come_again() -> None:
    watch = guard()
    watch.accept(str(NOW), "a")
    watch.release(str(NOW), "a")
    watch.accept(str(NOW), "a")
    with pytest.raises(CallbackRefused):
        watch.accept(str(NOW), "a")


def test_nonces_are_remembered_as_long_as_their_time_counts_and_no_longer() -> None:
    now = datetime.fromtimestamp(NOW, UTC)
    watch = ReplayGuard(lambda: now, window=timedelta(seconds=10), most=3)
    watch.accept(str(NOW + 10), "early")
    now += timedelta(seconds=20)
    with pytest.raises(CallbackRefused, match="seen before"):
        watch.accept(str(NOW + 10), "early")
    now += timedelta(seconds=1)
    with pytest.raises(CallbackRefused, match="outside"):
        watch.accept(str(NOW + 10), "early")
    for nonce in "abcd":  # more than it keeps: the oldest goes
        watch.accept(str(NOW + 20), nonce)
    watch.accept(str(NOW + 20), "a")
