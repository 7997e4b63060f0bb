"""Access tokens in memory, by a clock of the test."""

import pytest

from services.scanner.credentials.token_cache import FetchedToken, SealedSecret, TokenCache

SECRET = SealedSecret("sealed", 1)


class Endpoint:
    """Gives a token for each request, and says which secret was used."""

    def __init__(self, seconds: float = 3600) -> None:
        self.seconds = seconds
        self.used: list[SealedSecret] = []
        self.replaces = False

    async def fetch(self, secret: SealedSecret) -> FetchedToken:
        self.used.append(secret)
        newer = SealedSecret(f"{secret.sealed}+", secret.version + 1) if self.replaces else secret
        return FetchedToken(f"token-{len(self.used)}", self.seconds, newer)


async def test_a_token_is_kept_until_a_minute_before_its_end() -> None:
    now, endpoint = [0.0], Endpoint()
    tokens = TokenCache(clock=lambda: now[0])
    got = [await tokens.get("a", SECRET, endpoint.fetch) for now[0] in (0, 3539, 3540, 7079)]
    assert got == ["token-1", "token-1", "token-2", "token-2"]


async def test_a_short_token_is_kept_for_half_of_its_time() -> None:
    now, endpoint = [0.0], Endpoint(seconds=80)
    tokens = TokenCache(clock=lambda: now[0])
    got = [await tokens.get("a", SECRET, endpoint.fetch) for now[0] in (0, 39, 40)]
    assert got == ["token-1", "token-1", "token-2"]


async def test_the_newest_secret_is_used_by_whoever_has_an_older_one() -> None:
    now, endpoint = [0.0], Endpoint()
    endpoint.replaces = True
    tokens = TokenCache(clock=lambda: now[0])
    for now[0] in (0, 4000, 8000):
        await tokens.get("a", SECRET, endpoint.fetch)
    assert [secret.sealed for secret in endpoint.used] == ["sealed", "sealed+", "sealed++"]
    await tokens.get("a", SealedSecret("sealed+", 2), endpoint.fetch)
    assert len(endpoint.used) == 3
    await tokens.get("a", SealedSecret("given by hand", 5), endpoint.fetch)
    assert endpoint.used[-1].sealed == "given by hand"


async def test_a_fetch_that_fails_fails_for_whoever_waits_and_is_tried_again_by_the_next() -> None:
    tokens, endpoint = TokenCache(), Endpoint()

    async def fail(_: SealedSecret) -> FetchedToken:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await tokens.get("a", SECRET, fail)
    assert await tokens.get("a", SECRET, endpoint.fetch) == "token-1"
