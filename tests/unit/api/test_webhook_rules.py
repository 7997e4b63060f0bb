"""What webhooks may lead to, how they are signed, and when they are tried again."""

import base64
import datetime as dt
import hashlib
import hmac

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.api.webhooks.retry_policy import RETRY_POLICY
from services.api.webhooks.signing import SecretCipher, new_secret, printable_secret, signature_headers
from services.api.webhooks.url_validation import UrlNotAllowedError, validated_url
from shared.events import utc_now
from shared.sealing import CannotOpen, InvalidKey, new_key

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://books.example.com/hook?k=1", "https://books.example.com/hook?k=1"),
        ("https://Books.Example.com", "https://books.example.com/"),
        ("https://books.example.com:8443/", "https://books.example.com:8443/"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:2800:220:1::1]:444/x", "https://[2606:2800:220:1::1]:444/x"),
    ],
)
def test_an_address_is_stored_in_one_form(given: str, stored: str) -> None:
    assert validated_url(given, allow_private=False) == stored


@pytest.mark.parametrize(
    "address",
    [
        "http://books.example.com/",
        "ftp://books.example.com/",
        "books.example.com",
        "",
        "https://",
        "https://user@books.example.com/",
        "https://user:secret@books.example.com/",
        "https://@books.example.com/",
        "https://books.example.com/#part",
        "https://books.example.com/#",
        "https://books.example.com:0/",
        "https://books.example.com:70000/",
        "https://books.example.com:x/",
        "https://books example.com/",
        "https://books.example.com/\r\nX: y",
        "https://books.example.com\\@127.0.0.1/",
        "https://bücher.example/",
        "https://[::1/",
        "https://localhost/",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/",
    ],
)
def test_an_address_that_webhooks_may_not_have_is_refused(address: str) -> None:
    with pytest.raises(UrlNotAllowedError):
        validated_url(address, allow_private=False)


def test_an_operator_may_allow_addresses_of_the_own_network() -> None:
    assert validated_url("http://127.0.0.1:8080/x", allow_private=True) == "http://127.0.0.1:8080/x"
    with pytest.raises(UrlNotAllowedError):
        validated_url("http://user@127.0.0.1/", allow_private=True)


def test_a_signature_is_that_of_the_standard() -> None:
    key, body = new_secret(), '{"id": "e1", "ü": 1}'.encode()
    headers = signature_headers([key], "e1", utc_now(), body)
    assert Webhook(printable_secret(key)).verify(body, headers)["id"] == "e1"
    for changed in ({"webhook-id": "e2"}, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(printable_secret(key)).verify(body, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(printable_secret(key)).verify(body + b" ", headers)


def test_the_signed_text_is_id_time_and_body_by_hand() -> None:
    headers = signature_headers([b"k" * 24], "e1", NOW, b"{}")
    digest = hmac.new(b"k" * 24, b"e1.1772357400.{}", hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_with_two_keys_there_are_two_signatures_and_each_verifies() -> None:
    old, new = new_secret(), new_secret()
    headers = signature_headers([new, old], "e1", utc_now(), b"{}")
    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (old, new):
        Webhook(printable_secret(key)).verify(b"{}", headers)


def test_a_stored_secret_is_opened_by_its_key_for_its_webhook_alone() -> None:
    old, new, secret = new_key(), new_key(), new_secret()
    sealed = SecretCipher(old).seal("w1", secret)
    assert secret not in sealed
    assert SecretCipher(f"{new},{old}").open("w1", sealed) == secret
    for cipher, webhook_id in ((SecretCipher(new), "w1"), (SecretCipher(old), "w2")):
        with pytest.raises(CannotOpen):
            cipher.open(webhook_id, sealed)
    with pytest.raises(InvalidKey):
        SecretCipher("c2hvcnQ=")


def test_attempts_spread_over_a_day_and_end() -> None:
    at, times = NOW, [NOW]
    while True:
        following = RETRY_POLICY.next_attempt(tries=len(times), first_try=NOW, now=at, retry_after=None)
        if following is None:
            break
        at = following
        times.append(at)
    assert len(times) == 8
    assert dt.timedelta(seconds=5) <= times[1] - times[0] <= dt.timedelta(seconds=5.5)
    assert 23 * HOUR < times[-1] - NOW <= 26 * HOUR
    assert RETRY_POLICY.disable_after < times[-1] - NOW


def test_a_receiver_that_asks_for_time_is_given_it_within_the_day() -> None:
    def following(asked: dt.timedelta, now: dt.datetime = NOW) -> dt.datetime | None:
        return RETRY_POLICY.next_attempt(tries=1, first_try=NOW, now=now, retry_after=asked)

    assert following(HOUR) == NOW + HOUR
    assert following(100 * HOUR) == NOW + 24 * HOUR
    soon = following(dt.timedelta(seconds=1))
    assert soon is not None
    assert soon >= NOW + dt.timedelta(seconds=5)
    assert following(HOUR, now=NOW + 24 * HOUR) is None


def test_failures_are_steady_when_they_last_for_a_day() -> None:
    assert not RETRY_POLICY.should_disable(failing_since=None, now=NOW)
    assert not RETRY_POLICY.should_disable(failing_since=NOW - 22 * HOUR, now=NOW)
    assert RETRY_POLICY.should_disable(failing_since=NOW - 23 * HOUR, now=NOW)
