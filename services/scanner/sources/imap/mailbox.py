"""What a scan asks of a mail server, as blocking calls: read only, several commands at a time where that saves waiting.

EXAMINE instead of SELECT and BODY.PEEK instead of BODY: nothing here can change a mailbox (RFC 3501).
"""

from collections.abc import Iterable, Mapping, Sequence

from services.scanner.sources.imap.connection import Command, CommandResult, ImapConnection, quoted
from services.scanner.sources.imap.error_mapping import fault, is_passing
from services.scanner.sources.imap.folders import Folder, encoded, personal, sequence_set
from services.scanner.sources.imap.message_assembly import Piece
from services.scanner.sources.imap.responses import (
    Delivery,
    Overview,
    State,
    counted_by,
    deliver,
    found_by,
    listed_folder,
    overview_of,
    pieces_of,
    prefixes_of_others,
    state_of,
)

_FIELDS = b"DATE FROM SUBJECT MESSAGE-ID CONTENT-TYPE CONTENT-TRANSFER-ENCODING CONTENT-DISPOSITION"
_OVERVIEW = (b"UID", b"RFC822.SIZE", b"BODYSTRUCTURE", b"BODY.PEEK[HEADER.FIELDS (" + _FIELDS + b")]")
_UIDS_IN_A_COMMAND = 50


class Mailbox:
    """A mailbox that is logged in to."""

    def __init__(self, connection: ImapConnection) -> None:
        self._connection = connection
        self._utf8 = "UTF8=ONLY" in connection.capabilities
        if self._utf8:
            self._run(Command("ENABLE", (b"UTF8=ACCEPT",)))
        if "ID" in connection.capabilities:  # some servers let nobody read who does not say what they are
            connection.run(Command("ID", (b'("name" "mailtally")',)))

    @property
    def octets(self) -> int:
        """Bytes read so far."""
        return self._connection.bytes_read

    @property
    def is_gmail(self) -> bool:
        """Whether labels are shown as folders."""
        return "X-GM-EXT-1" in self._connection.capabilities

    def folders(self) -> list[Folder]:
        """All folders of this person."""
        asked = [b'""', b'"*"']
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._connection.capabilities:
            asked += [b"RETURN", b"(SPECIAL-USE)"]
        listed = (listed_folder(response) for response in self._run(Command("LIST", asked)).responses)
        folders = list({folder.name: folder for folder in listed if folder is not None}.values())
        if "NAMESPACE" not in self._connection.capabilities:
            return folders
        return personal(folders, prefixes_of_others(self._connection.run(Command("NAMESPACE", ())).responses))

    def states(self, folders: Sequence[Folder]) -> list[State | None]:
        """How each folder stands; None for one that cannot be opened."""
        self._leave()
        counts_changes = bool({"CONDSTORE", "QRESYNC"} & self._connection.capabilities)
        items = b"(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)" if counts_changes else b"(UIDVALIDITY UIDNEXT MESSAGES)"
        answers = self._connection.run_all([Command("STATUS", (quoted(folder.raw), items)) for folder in folders])
        return [state_of(answer.responses) if self._is_there(answer) else None for answer in answers]

    def examine(self, name: str, raw: bytes | None = None) -> int | None:
        """Open a folder for reading; its UIDVALIDITY, 0 if it has none, or None if there is no such folder."""
        uidvalidity = self._examine(encoded(name, utf8=self._utf8) if raw is None else raw)
        if uidvalidity is None and raw is None:
            # Its name may have another form on the wire than the usual one.
            found = next((folder for folder in self.folders() if folder.name == name and folder.is_selectable), None)
            uidvalidity = None if found is None else self._examine(found.raw)
        return uidvalidity

    def search(self, criteria: str) -> list[int]:
        """The uids of the open folder that meet the criteria, ascending."""
        returned = "RETURN (ALL) " if "ESEARCH" in self._connection.capabilities else ""
        answer = self._run(Command("UID", (f"SEARCH {returned}{criteria}".encode("ascii"),)))
        try:
            return found_by(answer.responses)
        except ValueError:
            raise fault("the answer to a search is none") from None

    def count(self, criteria: str) -> int | None:
        """How many messages of the open folder meet the criteria, if the server can just count."""
        if "ESEARCH" not in self._connection.capabilities:
            return None
        answer = self._run(Command("UID", (f"SEARCH RETURN (COUNT) {criteria}".encode("ascii"),)))
        return counted_by(answer.responses)

    def overviews(self, uids: Sequence[int]) -> tuple[dict[int, Overview], set[int]]:
        """By uid, and those that the server refuses; what is in neither is not there any more."""
        items = [*_OVERVIEW]
        if "OBJECTID" in self._connection.capabilities:
            items.append(b"EMAILID")
        elif self.is_gmail:
            items.append(b"X-GM-MSGID")
        asked = b"(" + b" ".join(items) + b")"
        chunks = [uids[at : at + _UIDS_IN_A_COMMAND] for at in range(0, len(uids), _UIDS_IN_A_COMMAND)]
        delivery = self._fetch([(chunk, asked) for chunk in chunks])
        return {uid: overview_of(uid, delivery.items[uid]) for uid in uids if uid in delivery.items}, delivery.refused

    def pieces(self, wanted: Mapping[int, Sequence[Piece]]) -> dict[int, dict[Piece, bytes]]:
        """By uid, the pieces that came; those of a message that the server refuses do not come."""
        alike: dict[tuple[Piece, ...], list[int]] = {}
        for uid, pieces in wanted.items():
            if pieces:
                alike.setdefault(tuple(pieces), []).append(uid)
        delivery = self._fetch([(sorted(uids), _asked(pieces)) for pieces, uids in alike.items()])
        return {uid: pieces_of(told, wanted[uid]) for uid, told in delivery.items.items() if uid in wanted}

    def close(self) -> None:
        """Say goodbye."""
        self._connection.log_out()

    def _fetch(self, asked: Sequence[tuple[Sequence[int], bytes]]) -> Delivery:
        delivery = Delivery()
        again: list[tuple[Sequence[int], bytes]] = []
        answers = self._connection.run_all(
            [Command("UID", (b"FETCH", sequence_set(uids), items)) for uids, items in asked]
        )
        for (uids, items), answer in zip(asked, answers, strict=True):
            deliver(answer.responses, delivery)
            if self._is_there(answer):
                continue
            missing = [uid for uid in uids if uid not in delivery.items]
            if len(uids) == 1:
                delivery.refused.update(missing)
            else:  # one of them may have spoilt it for all
                again += [([uid], items) for uid in missing]
        if again:
            alone = self._fetch(again)
            for uid, told in alone.items.items():
                delivery.items.setdefault(uid, {}).update(told)
            delivery.refused |= alone.refused
        return delivery

    def _examine(self, raw: bytes) -> int | None:
        self._connection.mark_unselected()  # whatever comes of it, the folder that was open is not any more
        if not self._is_there(self._connection.run(Command("EXAMINE", (quoted(raw),)))):
            return None
        self._connection.mark_selected()
        told = self._connection.response_code("UIDVALIDITY")
        return int(told) if told is not None and told.isdigit() else 0

    def _leave(self) -> None:
        """Servers may tell of an open folder how it was when it was opened. CLOSE after EXAMINE removes nothing."""
        if self._connection.is_selected:
            self._run(Command("UNSELECT" if "UNSELECT" in self._connection.capabilities else "CLOSE", ()))
            self._connection.mark_unselected()

    def _run(self, command: Command) -> CommandResult:
        answer = self._connection.run(command)
        if not answer.ok:
            raise fault(answer.text)
        return answer

    @staticmethod
    def _is_there(answer: CommandResult) -> bool:
        """Whether the server did what it was asked for. Raises OSError when it says that it cannot do so now."""
        if not answer.ok and is_passing(answer.text):
            raise fault(answer.text)
        return answer.ok


def _asked(pieces: Iterable[Piece]) -> bytes:
    items = ["UID"]
    for piece in pieces:
        partial = "" if piece.octets is None else f"<{piece.offset}.{piece.octets}>"
        items.append(f"BODY.PEEK[{piece.section}]{partial}")
    return f"({' '.join(items)})".encode("ascii")
