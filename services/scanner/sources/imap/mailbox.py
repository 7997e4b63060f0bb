"""The read-only commands of a scan, as blocking calls; several are in flight where that saves
waiting.

EXAMINE instead of SELECT and BODY.PEEK instead of BODY: nothing here can change a mailbox (RFC
3501).
"""

from collections.abc import Iterable, Mapping, Sequence

from services.scanner.sources.imap.connection import Command, CommandResult, ImapConnection, quoted
from services.scanner.sources.imap.error_mapping import is_temporary, temporary_error
from services.scanner.sources.imap.folders import Folder, encode_folder_name, format_sequence_set, personal_folders
from services.scanner.sources.imap.message_assembly import Piece
from services.scanner.sources.imap.responses import (
    FetchResult,
    FolderStatus,
    MessageOverview,
    collect_fetched,
    match_pieces,
    parse_count,
    parse_foreign_prefixes,
    parse_list,
    parse_overview,
    parse_search,
    parse_status,
)

_FIELDS = b"DATE FROM SUBJECT MESSAGE-ID CONTENT-TYPE CONTENT-TRANSFER-ENCODING CONTENT-DISPOSITION"
_OVERVIEW = (b"UID", b"RFC822.SIZE", b"BODYSTRUCTURE", b"BODY.PEEK[HEADER.FIELDS (" + _FIELDS + b")]")
_UIDS_IN_A_COMMAND = 50


class Mailbox:
    """A mailbox of a connection that is logged in."""

    def __init__(self, connection: ImapConnection) -> None:
        self._connection = connection
        self._utf8 = "UTF8=ONLY" in connection.capabilities
        if self._utf8:
            self._run(Command("ENABLE", (b"UTF8=ACCEPT",)))
        if "ID" in connection.capabilities:  # some servers let no client read that does not identify itself
            connection.run(Command("ID", (b'("name" "mailtally")',)))

    @property
    def bytes_read(self) -> int:
        """Return the number of bytes read so far."""
        return self._connection.bytes_read

    @property
    def is_gmail(self) -> bool:
        """Return whether the server shows labels as folders, as Gmail does."""
        return "X-GM-EXT-1" in self._connection.capabilities

    def folders(self) -> list[Folder]:
        """List the user's own folders."""
        arguments = [b'""', b'"*"']
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._connection.capabilities:
            arguments += [b"RETURN", b"(SPECIAL-USE)"]
        listed = (parse_list(response) for response in self._run(Command("LIST", arguments)).responses)
        folders = list({folder.name: folder for folder in listed if folder is not None}.values())
        if "NAMESPACE" not in self._connection.capabilities:
            return folders
        return personal_folders(
            folders, parse_foreign_prefixes(self._connection.run(Command("NAMESPACE", ())).responses)
        )

    def statuses(self, folders: Sequence[Folder]) -> list[FolderStatus | None]:
        """Return the STATUS of each folder; None for one that cannot be opened."""
        self._unselect()
        has_modseq = bool({"CONDSTORE", "QRESYNC"} & self._connection.capabilities)
        items = b"(UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ)" if has_modseq else b"(UIDVALIDITY UIDNEXT MESSAGES)"
        results = self._connection.run_all([Command("STATUS", (quoted(folder.raw), items)) for folder in folders])
        return [parse_status(result.responses) if self._succeeded(result) else None for result in results]

    def examine(self, name: str, raw: bytes | None = None) -> int | None:
        """Open a folder for reading.

        Returns its UIDVALIDITY, 0 if it has none, None if there is no such folder.
        """
        uidvalidity = self._examine(encode_folder_name(name, utf8=self._utf8) if raw is None else raw)
        if uidvalidity is None and raw is None:
            # Its name may have another form on the wire than the usual one.
            found = next((folder for folder in self.folders() if folder.name == name and folder.is_selectable), None)
            uidvalidity = None if found is None else self._examine(found.raw)
        return uidvalidity

    def search(self, criteria: str) -> list[int]:
        """Return the uids of the open folder that meet the criteria, ascending."""
        returned = "RETURN (ALL) " if "ESEARCH" in self._connection.capabilities else ""
        result = self._run(Command("UID", (f"SEARCH {returned}{criteria}".encode("ascii"),)))
        try:
            return parse_search(result.responses)
        except ValueError:
            raise temporary_error("the response to a search cannot be read") from None

    def count(self, criteria: str) -> int | None:
        """Return the number of messages in the open folder that meet the criteria; None without
        ESEARCH."""
        if "ESEARCH" not in self._connection.capabilities:
            return None
        result = self._run(Command("UID", (f"SEARCH RETURN (COUNT) {criteria}".encode("ascii"),)))
        return parse_count(result.responses)

    def fetch_overviews(self, uids: Sequence[int]) -> tuple[dict[int, MessageOverview], set[int]]:
        """Fetch the overviews by uid, and the refused uids; a uid in neither no longer exists."""
        items = [*_OVERVIEW]
        if "OBJECTID" in self._connection.capabilities:
            items.append(b"EMAILID")
        elif self.is_gmail:
            items.append(b"X-GM-MSGID")
        names = b"(" + b" ".join(items) + b")"
        chunks = [uids[at : at + _UIDS_IN_A_COMMAND] for at in range(0, len(uids), _UIDS_IN_A_COMMAND)]
        result = self._fetch([(chunk, names) for chunk in chunks])
        return {uid: parse_overview(uid, result.items[uid]) for uid in uids if uid in result.items}, result.refused

    def fetch_pieces(self, wanted: Mapping[int, Sequence[Piece]]) -> dict[int, dict[Piece, bytes]]:
        """Fetch pieces by uid. Those of a message that the server refuses are left out."""
        uids_by_pieces: dict[tuple[Piece, ...], list[int]] = {}
        for uid, pieces in wanted.items():
            if pieces:
                uids_by_pieces.setdefault(tuple(pieces), []).append(uid)
        result = self._fetch([(sorted(uids), _fetch_items(pieces)) for pieces, uids in uids_by_pieces.items()])
        return {uid: match_pieces(items, wanted[uid]) for uid, items in result.items.items() if uid in wanted}

    def close(self) -> None:
        """Log out."""
        self._connection.log_out()

    def _fetch(self, wanted: Sequence[tuple[Sequence[int], bytes]]) -> FetchResult:
        """Fetch items of uids, in one command for each pair.

        Uids that are refused together are tried one by one.
        """
        fetched = FetchResult()
        again: list[tuple[Sequence[int], bytes]] = []
        results = self._connection.run_all(
            [Command("UID", (b"FETCH", format_sequence_set(uids), names)) for uids, names in wanted]
        )
        for (uids, names), result in zip(wanted, results, strict=True):
            collect_fetched(result.responses, fetched)
            if self._succeeded(result):
                continue
            missing = [uid for uid in uids if uid not in fetched.items]
            if len(uids) == 1:
                fetched.refused.update(missing)
            else:  # one of them may make the server refuse all
                again += [([uid], names) for uid in missing]
        if again:
            alone = self._fetch(again)
            for uid, items in alone.items.items():
                fetched.items.setdefault(uid, {}).update(items)
            fetched.refused |= alone.refused
        return fetched

    def _examine(self, raw: bytes) -> int | None:
        self._connection.mark_unselected()  # a refused EXAMINE closes the open folder, too
        if not self._succeeded(self._connection.run(Command("EXAMINE", (quoted(raw),)))):
            return None
        self._connection.mark_selected()
        uidvalidity = self._connection.response_code("UIDVALIDITY")
        return int(uidvalidity) if uidvalidity is not None and uidvalidity.isdigit() else 0

    def _unselect(self) -> None:
        """Close the open folder: its STATUS may be as old as its opening.

        CLOSE after EXAMINE removes nothing.
        """
        if self._connection.is_selected:
            self._run(Command("UNSELECT" if "UNSELECT" in self._connection.capabilities else "CLOSE", ()))
            self._connection.mark_unselected()

    def _run(self, command: Command) -> CommandResult:
        result = self._connection.run(command)
        if not result.ok:
            raise temporary_error(result.text)
        return result

    @staticmethod
    def _succeeded(result: CommandResult) -> bool:
        """Return whether a command succeeded.

        Raises OSError if the server refuses it for the moment only.
        """
        if not result.ok and is_temporary(result.text):
            raise temporary_error(result.text)
        return result.ok


def _fetch_items(pieces: Iterable[Piece]) -> bytes:
    items = ["UID"]
    for piece in pieces:
        partial = "" if piece.octets is None else f"<{piece.offset}.{piece.octets}>"
        items.append(f"BODY.PEEK[{piece.section}]{partial}")
    return f"({' '.join(items)})".encode("ascii")
