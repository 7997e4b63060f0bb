"""The folders of a mailbox: their names, what they are for, and which of them a scan reads. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

_NOT_SELECTABLE = frozenset({"\\noselect", "\\nonexistent"})
_LEFT_OUT = frozenset({"trash", "junk", "drafts"})
_VIRTUAL = frozenset({"all", "flagged", "important"})
"""Folders that show messages of the other folders once more."""
_USES = _LEFT_OUT | _VIRTUAL | {"sent", "archive"}
_INBOX = "INBOX"
_USE_BY_NAME = {
    "trash": {
        "trash", "bin", "deleted", "deleted items", "deleted messages", "papierkorb", "gelöschte elemente",
        "gelöschte objekte", "gelöscht", "corbeille", "éléments supprimés", "papelera", "elementos eliminados",
        "cestino", "posta eliminata", "prullenbak", "verwijderde items", "kosz", "elementy usunięte", "lixeira",
    },
    "junk": {
        "junk", "spam", "junk e-mail", "junk email", "junk-e-mail", "bulk mail", "spamverdacht", "unerwünscht",
        "courrier indésirable", "indésirables", "correo no deseado", "posta indesiderata", "ongewenste e-mail",
        "wiadomości-śmieci", "lixo eletrônico",
    },
    "drafts": {
        "drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "wersje robocze", "rascunhos",
    },
}  # fmt: skip
"""What folders are called where the server does not say what they are for."""


@dataclass(frozen=True)
class Folder:
    """A folder as the server lists it. `raw` is its name on the wire, `name` the same for people and for storing."""

    name: str
    raw: bytes
    delimiter: str | None
    flags: frozenset[str]

    @property
    def is_selectable(self) -> bool:
        """Whether it can hold messages."""
        return not self.flags & _NOT_SELECTABLE

    @property
    def use(self) -> str | None:
        """Its special use (RFC 6154) in lower case, if the server says one."""
        return next((use for use in sorted(_USES) if f"\\{use}" in self.flags), None)

    @property
    def use_by_name(self) -> str | None:
        """What it is for by its name."""
        last = self.name.rpartition(self.delimiter)[2] if self.delimiter else self.name
        return next((use for use, names in _USE_BY_NAME.items() if last.lower() in names), None)

    def holds(self, other: "Folder") -> bool:
        """Whether the other folder is this one or below it."""
        below = self.raw + (self.delimiter or "").encode()
        return other.raw == self.raw or (self.delimiter is not None and other.raw.startswith(below))


def folder_of(flags: object, delimiter: object, raw: object) -> Folder | None:
    """A folder from the parts of a LIST response; None if they are no such parts."""
    if isinstance(raw, int):  # a name of digits
        raw = str(raw).encode("ascii")
    if not isinstance(flags, tuple) or not isinstance(raw, bytes) or not raw:
        return None
    told = frozenset(flag.decode("ascii", "replace").lower() for flag in flags if isinstance(flag, bytes))
    separator = delimiter.decode("ascii", "replace") if isinstance(delimiter, bytes) else None
    return Folder(decoded(raw), raw, separator, told)


def decoded(raw: bytes) -> str:
    """A folder's name for people. One that breaks the rules of modified UTF-7 is shown as it is; `raw` opens it."""
    name = raw
    if name.isascii():
        try:
            text: str = decode_utf7(name)
            is_sound = encode_utf7(text) == name
        except ValueError:
            is_sound = False
        if not is_sound:
            return name.decode("ascii")
        return _INBOX if text.upper() == _INBOX else text
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("latin-1")


def encoded(name: str, *, utf8: bool) -> bytes:
    """The usual form of a name on the wire; a folder that has another one is found by listing."""
    if utf8:
        return name.encode("utf-8")
    raw: bytes = encode_utf7(name)
    return raw


def wanted(
    folders: Sequence[Folder], names: Sequence[str], *, everything: bool, gmail: bool
) -> tuple[list[Folder], list[str]]:
    """The folders that a scan reads, and those of `names` that are not there. No message is in two of them, as far as
    the server says which folders only show others' messages."""
    selectable = [folder for folder in folders if folder.is_selectable]
    if names:
        by_name = {folder.name: folder for folder in selectable}
        asked = [_INBOX if name.upper() == _INBOX else name for name in dict.fromkeys(names)]
        return [by_name[name] for name in asked if name in by_name], [name for name in asked if name not in by_name]
    if not everything:
        return [folder for folder in selectable if folder.name == _INBOX] or [_inbox()], []
    if gmail:
        # Labels are folders there; this one has every message, but for trash and spam.
        whole = [folder for folder in selectable if folder.use == "all"]
        if whole:
            return whole, []
    left_out = left_out_of(folders)
    return [folder for folder in selectable if not any(other.holds(folder) for other in left_out)], []


def left_out_of(folders: Sequence[Folder]) -> list[Folder]:
    """Trash, junk and drafts, by their names where the server does not tell, and folders that only show others'."""
    told = any(folder.use in _LEFT_OUT for folder in folders)
    out = _LEFT_OUT | _VIRTUAL
    return [folder for folder in folders if folder.use in out or (not told and folder.use_by_name in _LEFT_OUT)]


def personal(folders: Sequence[Folder], others: Sequence[bytes]) -> list[Folder]:
    """Without the folders below these prefixes (RFC 2342), which belong to other people."""
    prefixes = tuple(prefix for prefix in others if prefix)
    return [folder for folder in folders if not folder.raw.startswith(prefixes)] if prefixes else list(folders)


def numbers(text: str) -> list[int]:
    """A sequence set (`1:3,7`) as ascending numbers. Raises ValueError if it is none, or has more than `MOST`."""
    found: set[int] = set()
    for piece in text.split(",") if text else ():
        first, _, last = piece.partition(":")
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(found) > MOST:
            raise ValueError("more messages than a mailbox can hold")
        found.update(range(low, high + 1))
    return sorted(found)


def sequence_set(uids: Sequence[int]) -> bytes:
    """Ascending numbers as a sequence set."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] + 1 == uid:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges)


MOST = 10_000_000
"""Messages of one folder; whoever says more says nonsense."""


def _inbox() -> Folder:
    """Every mailbox has one (RFC 3501), listed or not."""
    return Folder(_INBOX, b"INBOX", None, frozenset())
