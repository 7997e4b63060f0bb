"""Mailboxes that are scanned: the parts of one mailbox, the whole of it, and the same repeated."""

from dataclasses import dataclass
from pathlib import Path

from samples import make
from services.scanner.sources.mbox import MboxSplitter


@dataclass(frozen=True)
class Mailbox:
    """A mailbox in parts that make one mbox together; `borders` are the offsets of its messages,
    and its end."""

    parts: tuple[Path, ...]
    content: bytes
    borders: tuple[int, ...]

    @classmethod
    def of(cls, folder: Path | None, samples: Path) -> "Mailbox":
        """Return the `mailbox-*.mbox` of a folder; without one the project's own samples, written
        into `samples`."""
        if folder is None:
            make(samples)
        parts = sorted(samples.glob("*.mbox") if folder is None else folder.glob("mailbox-*.mbox"))
        content = b"".join(part.read_bytes() for part in parts)
        splitter = MboxSplitter(limit=None)
        borders = [message.offset for split in (splitter.feed(content), splitter.finish()) for message in split]
        return cls(tuple(parts), content, (*borders, len(content)))

    @property
    def messages(self) -> int:
        """Return how many messages there are."""
        return len(self.borders) - 1

    def write_repeated(self, messages: int, path: Path) -> None:
        """Write an mbox of so many messages: this one's, in their order, from the beginning again
        after the last."""
        copies, rest = divmod(messages, self.messages)
        with path.open("wb") as file:
            for _ in range(copies):
                file.write(self.content)
            file.write(self.content[: self.borders[rest]])
