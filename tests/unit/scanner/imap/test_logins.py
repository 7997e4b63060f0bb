"""Login methods, and the meaning of refusals."""

import base64

import pytest

from services.scanner.error_codes import ErrorCode, PermanentFailure
from services.scanner.sources.base import ThrottledError
from services.scanner.sources.imap.login import Login, PasswordLogin, TokenLogin
from services.scanner.sources.imap.pool import open_account_session
from shared.mailboxes import ImapMailbox
from tests.support.certificates import Authority
from tests.support.scripted_mail import Answer, Dialogue, Reached, Script, serving

ODD = PasswordLogin("ädä", 'p"a\\s s{3}wörd€')


def refusing(text: str) -> Answer:
    return lambda _, tag, __: f"{tag} NO {text}\r\n".encode()


def plain(login: PasswordLogin) -> str:
    return base64.b64encode(f"\0{login.username}\0{login.password}".encode()).decode("ascii")


class Given:
    """Logins that are given out one after the other; refused tokens may be tried again."""

    def __init__(self, *logins: Login) -> None:
        self.logins = list(logins)
        self.refusals: list[Login] = []

    async def login(self, account_id: str, mailbox: ImapMailbox) -> Login:  # noqa: ARG002 (interface)
        return self.logins.pop(0)

    def refused(self, account_id: str, login: Login) -> bool:  # noqa: ARG002 (interface)
        self.refusals.append(login)
        return bool(self.logins)


async def enter(reached: Reached, *logins: Login) -> Given:
    given = Given(*logins)
    session = await open_account_session("account", reached.mailbox, given, reached.network)
    await session.close()
    return given


async def test_a_password_goes_in_one_line_where_the_server_takes_it(authority: Authority) -> None:
    async with serving(Script(), authority) as reached:
        await enter(reached, ODD)
    (line,) = (line for line in reached.script.said if "AUTHENTICATE" in line)
    assert line.endswith(f"AUTHENTICATE PLAIN {plain(ODD)}")


async def test_a_server_that_asks_for_each_step_gets_each_step(authority: Authority) -> None:
    script = Script(capabilities="IMAP4rev1 AUTH=PLAIN")
    said = plain(ODD)
    # The answer to a continuation is a line of its own, and looks like a command without arguments.
    script.answers |= {"AUTHENTICATE": lambda _, __, ___: b"+ \r\n", "": lambda dialogue, _, __: _tagged(dialogue)}
    async with serving(script, authority) as reached:
        await enter(reached, ODD)
    at = next(number for number, line in enumerate(script.said) if "AUTHENTICATE" in line)
    assert script.said[at].endswith("AUTHENTICATE PLAIN")
    assert script.said[at + 1] == said


def _tagged(dialogue: Dialogue) -> bytes:
    """Complete the command before."""
    asked = next(line for line in reversed(dialogue.script.said) if " AUTHENTICATE" in line or " LOGIN" in line)
    return f"{asked.split()[0]} OK done\r\n".encode()


async def test_login_quotes_what_is_ascii(authority: Authority) -> None:
    async with serving(Script(capabilities="IMAP4rev1"), authority) as reached:
        await enter(reached, PasswordLogin('a"d a', 'x\\y "z'))
    (line,) = (line for line in reached.script.said if "LOGIN" in line)
    assert line.endswith(r'LOGIN "a\"d a" "x\\y \"z"')


async def test_login_sends_other_characters_as_literals(authority: Authority) -> None:
    script = Script(capabilities="IMAP4rev1")
    script.answers["LOGIN"] = lambda _, __, ___: b"+ go\r\n"

    def literal(dialogue: Dialogue, tag: str, arguments: str) -> bytes:  # noqa: ARG001 (interface)
        return b"+ go\r\n" if dialogue.script.said[-1].endswith("}") else _tagged(dialogue)

    script.answers |= {"": literal, f"{{{len(ODD.password.encode())}}}": literal, "s{3}wörd€": literal}
    async with serving(script, authority) as reached:
        await enter(reached, ODD)
    at = next(number for number, line in enumerate(script.said) if "LOGIN" in line)
    assert script.said[at].endswith(f"LOGIN {{{len(ODD.username.encode())}}}")
    assert script.said[at + 1 : at + 3] == [f"{ODD.username} {{{len(ODD.password.encode())}}}", ODD.password]


@pytest.mark.parametrize(
    ("capabilities", "begins"),
    [
        ("IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=XOAUTH2", "OAUTHBEARER n,a=a=2Cda,\x01auth=Bearer t\x01\x01"),
        ("IMAP4rev1 SASL-IR AUTH=XOAUTH2", "XOAUTH2 user=a,da\x01auth=Bearer t\x01\x01"),
    ],
)
async def test_a_token_goes_by_the_standard_where_the_server_knows_it(
    authority: Authority, capabilities: str, begins: str
) -> None:
    async with serving(Script(capabilities=capabilities), authority) as reached:
        await enter(reached, TokenLogin("a,da", "t"))
    (line,) = (line for line in reached.script.said if "AUTHENTICATE" in line)
    mechanism, _, said = line.partition("AUTHENTICATE ")[2].partition(" ")
    assert f"{mechanism} {base64.b64decode(said).decode()}" == begins


async def test_a_token_that_ran_out_is_replaced_once(authority: Authority) -> None:
    """The server tells its reason in a challenge, which has to be answered before it refuses."""
    script = Script(capabilities="IMAP4rev1 SASL-IR AUTH=XOAUTH2")
    tries: list[str] = []

    def authenticate(_: Dialogue, tag: str, arguments: str) -> bytes:
        tries.append(arguments)
        return f"{tag} OK done\r\n".encode() if len(tries) > 1 else b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"

    def empty(dialogue: Dialogue, _: str, __: str) -> bytes:
        asked = next(line for line in reversed(dialogue.script.said) if " AUTHENTICATE" in line)
        return f"{asked.split()[0]} NO [AUTHENTICATIONFAILED] ran out\r\n".encode()

    script.answers |= {"AUTHENTICATE": authenticate, "": empty}
    async with serving(script, authority) as reached:
        given = await enter(reached, TokenLogin("ada", "old"), TokenLogin("ada", "new"))
    assert [login.access_token for login in given.refusals if isinstance(login, TokenLogin)] == ["old"]
    assert script.connections == 2


@pytest.mark.parametrize(
    "text",
    [
        "[AUTHENTICATIONFAILED] Invalid credentials",
        "LOGIN failed.",
        "[ALERT] Application-specific password required",
        "[ALERT] Please log in via your web browser: web login required",
        "[AUTHORIZATIONFAILED] no such mailbox",
        "[EXPIRED] change it",
        "wrong",
    ],
)
async def test_a_wrong_password_is_tried_once_and_ends_the_scan(authority: Authority, text: str) -> None:
    script = Script(answers={"AUTHENTICATE": refusing(text)})
    async with serving(script, authority) as reached:
        with pytest.raises(PermanentFailure) as failure:
            await enter(reached, ODD)
    assert failure.value.code is ErrorCode.LOGIN_REFUSED
    assert sum("AUTHENTICATE" in line for line in script.said) == 1


@pytest.mark.parametrize(
    ("text", "is_throttled"),
    [
        ("[UNAVAILABLE] Temporary authentication failure.", False),
        ("[INUSE] somebody else has it open", False),
        ("[SERVERBUG] Internal error occurred", False),
        ("[LIMIT] Too many connections", True),
        ("[ALERT] Too many simultaneous connections. (Failure)", True),
        ("[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", True),
        ("Server Unavailable. 15", False),
        ("[THROTTLED] slow down", True),
    ],
)
async def test_a_login_that_is_not_possible_now_is_tried_again_later(
    authority: Authority, text: str, is_throttled: bool
) -> None:
    async with serving(Script(answers={"AUTHENTICATE": refusing(text)}), authority) as reached:
        with pytest.raises(OSError, match="asks to wait" if is_throttled else "ended or refused") as fault:
            await enter(reached, ODD)
    assert isinstance(fault.value, ThrottledError) is is_throttled


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 LOGINDISABLED", "IMAP4rev1 LOGINDISABLED AUTH=GSSAPI"])
async def test_a_server_that_takes_no_password_gets_none(authority: Authority, capabilities: str) -> None:
    async with serving(Script(capabilities=capabilities), authority) as reached:
        with pytest.raises(PermanentFailure) as failure:
            await enter(reached, ODD)
    assert failure.value.code is ErrorCode.LOGIN_REFUSED
    assert not any("LOGIN" in line for line in reached.script.said)


@pytest.mark.parametrize("login", [PasswordLogin("a\r\nb", "c"), PasswordLogin("a", "b\0c"), TokenLogin("a", "t\n")])
async def test_what_would_be_another_command_is_not_sent(authority: Authority, login: Login) -> None:
    async with serving(Script(), authority) as reached:
        with pytest.raises(PermanentFailure):
            await enter(reached, login)
    assert not any("AUTHENTICATE" in line for line in reached.script.said)
