"""Style sheets, scripts and pictures: read once, named by their content, kept by browsers for good."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from services.api.http.problems import not_found

_FOLDER = Path(__file__).with_name("static")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content_type: str
    plain: bytes
    zipped: bytes


class Assets:
    """All files below one name that changes with any of them, so that modules can import each other by plain relative
    addresses and no browser ever mixes two versions."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _TYPES)
        self.files = {name: _read(folder / name) for name in names}
        digest = hashlib.sha256()
        for name, asset in self.files.items():
            digest.update(f"{name}\n{len(asset.plain)}\n".encode() + asset.plain)
        self.version = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file; a `KeyError` for one that is not there."""
        self.files[name]
        return f"/assets/{self.version}/{name}"

    def find(self, version: str, name: str) -> Asset:
        """The file of an address that `url` gave out; a `Problem` (404) otherwise."""
        asset = self.files.get(name)
        if asset is None or version != self.version:
            raise not_found()
        return asset


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(_TYPES[path.suffix], content, gzip.compress(content, mtime=0))
