"""Folders of a mailbox: names, special uses, and the choice of those that a scan reads; sequence
sets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

_NOT_SELECTABLE = frozenset({"\\noselect", "\\nonexistent"})
_EXCLUDED_USES = frozenset({"trash", "junk", "drafts"})
_VIRTUAL = frozenset({"all", "flagged", "important"})
"""Folders that show messages of other folders again."""
_USES = _EXCLUDED_USES | _VIRTUAL | {"sent", "archive"}
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
"""Usual names of folders, for servers that do not tell special uses."""


@dataclass(frozen=True)
class Folder:
    """A folder in a LIST response.

    `raw` is its name on the wire, `name` its decoded form for people and storage.
    """

    name: str
    raw: bytes
    delimiter: str | None
    flags: frozenset[str]

    @property
    def is_selectable(self) -> bool:
        """Return whether the folder can hold messages."""
        return not self.flags & _NOT_SELECTABLE

    @property
    def use(self) -> str | None:
        """Return the special use (RFC 6154) in lower case; None if the server gives none."""
        return next((use for use in sorted(_USES) if f"\\{use}" in self.flags), None)

    @property
    def use_by_name(self) -> str | None:
        """Return the use that its name suggests; None if it is no usual name."""
        last = self.name.rpartition(self.delimiter)[2] if self.delimiter else self.name
        return next((use for use, names in _USE_BY_NAME.items() if last.lower() in names), None)

    def contains(self, other: "Folder") -> bool:
        """Return whether the other folder is this one or below it."""
        below = self.raw + (self.delimiter or "").encode()
        return other.raw == self.raw or (self.delimiter is not None and other.raw.startswith(below))


def parse_folder(flags: object, delimiter: object, raw: object) -> Folder | None:
    """Return the folder of a LIST response's three parts; None if they are of the wrong types."""
    if isinstance(raw, int):  # a name of digits
        raw = str(raw).encode("ascii")
    if not isinstance(flags, tuple) or not isinstance(raw, bytes) or not raw:
        return None
    names = frozenset(flag.decode("ascii", "replace").lower() for flag in flags if isinstance(flag, bytes))
    separator = delimiter.decode("ascii", "replace") if isinstance(delimiter, bytes) else None
    return Folder(decode_folder_name(raw), raw, separator, names)


def decode_folder_name(raw: bytes) -> str:
    """Decode a folder's name.

    One that breaks the rules of modified UTF-7 stays as it is; `raw` opens it.
    """
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


def encode_folder_name(name: str, *, utf8: bool) -> bytes:
    """Encode a name in its usual form on the wire; a folder with another form is found by
    listing."""
    if utf8:
        return name.encode("utf-8")
    raw: bytes = encode_utf7(name)
    return raw


def select_folders(
    folders: Sequence[Folder], names: Sequence[str], *, everything: bool, gmail: bool
) -> tuple[list[Folder], list[str]]:
    """Return the folders that a scan reads, and those of `names` that do not exist.

    No message is in two of them, as far as the server tells which folders show messages of others.
    """
    selectable = [folder for folder in folders if folder.is_selectable]
    if names:
        by_name = {folder.name: folder for folder in selectable}
        wanted = [_INBOX if name.upper() == _INBOX else name for name in dict.fromkeys(names)]
        return [by_name[name] for name in wanted if name in by_name], [name for name in wanted if name not in by_name]
    if not everything:
        return [folder for folder in selectable if folder.name == _INBOX] or [_inbox()], []
    if gmail:
        # Gmail shows labels as folders; this one has all messages except trash and spam.
        whole = [folder for folder in selectable if folder.use == "all"]
        if whole:
            return whole, []
    excluded = excluded_folders(folders)
    return [folder for folder in selectable if not any(other.contains(folder) for other in excluded)], []


def excluded_folders(folders: Sequence[Folder]) -> list[Folder]:
    """Return trash, junk and drafts, by name if the server tells no uses, and folders that show
    messages of others."""
    knows_uses = any(folder.use in _EXCLUDED_USES for folder in folders)
    out = _EXCLUDED_USES | _VIRTUAL
    return [
        folder for folder in folders if folder.use in out or (not knows_uses and folder.use_by_name in _EXCLUDED_USES)
    ]


def personal_folders(folders: Sequence[Folder], others: Sequence[bytes]) -> list[Folder]:
    """Return the folders that are not below the prefixes of other people (RFC 2342)."""
    prefixes = tuple(prefix for prefix in others if prefix)
    return [folder for folder in folders if not folder.raw.startswith(prefixes)] if prefixes else list(folders)


def parse_sequence_set(text: str) -> list[int]:
    """Return the numbers of a sequence set (`1:3,7`), ascending.

    Raises ValueError if it is invalid or too large.
    """
    found: set[int] = set()
    for piece in text.split(",") if text else ():
        first, _, last = piece.partition(":")
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(found) > MAX_MESSAGES:
            raise ValueError("more messages than a mailbox can hold")
        found.update(range(low, high + 1))
    return sorted(found)


def format_sequence_set(uids: Sequence[int]) -> bytes:
    """Return ascending numbers as a sequence set."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] + 1 == uid:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges)


MAX_MESSAGES = 10_000_000
"""Most messages of one folder; a server that reports more is not believed."""


def _inbox() -> Folder:
    """Return the folder INBOX, which every mailbox has (RFC 3501), listed or not."""
    return Folder(_INBOX, b"INBOX", None, frozenset())
