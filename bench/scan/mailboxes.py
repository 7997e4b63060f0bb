"""The mailboxes that are scanned: the parts of one mailbox, the whole of it, and the same over and over."""

from dataclasses import dataclass
from pathlib import Path

from samples import make
from services.scanner.sources.mbox import MboxSplitter


@dataclass(frozen=True)
class Mailbox:
    """A mailbox in parts that are one mbox when put together; `borders` are where its messages begin, and its end."""

    parts: tuple[Path, ...]
    content: bytes
    borders: tuple[int, ...]

    @classmethod
    def of(cls, folder: Path | None, samples: Path) -> "Mailbox":
        """The `mailbox-*.mbox` of a folder; without one the project's own samples, written into `samples`."""
        if folder is None:
            make(samples)
        parts = sorted(samples.glob("*.mbox") if folder is None else folder.glob("mailbox-*.mbox"))
        content = b"".join(part.read_bytes() for part in parts)
        splitter = MboxSplitter(limit=None)
        borders = [message.offset for split in (splitter.feed(content), splitter.finish()) for message in split]
        return cls(tuple(parts), content, (*borders, len(content)))

    @property
    def messages(self) -> int:
        """How many there are."""
        return len(self.borders) - 1

    def write_repeated(self, messages: int, path: Path) -> None:
        """An mbox of so many messages: this one's, in their order, from the beginning again after the last."""
        copies, rest = divmod(messages, self.messages)
        with path.open("wb") as file:
            for _ in range(copies):
                file.write(self.content)
            file.write(self.content[: self.borders[rest]])
