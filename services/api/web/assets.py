"""Static assets: read once, addressed by a hash of their content, cached by browsers for ever."""

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
    """One file, plain and compressed."""

    content_type: str
    content: bytes
    gzipped: bytes


class Assets:
    """All assets under one version, which changes with any of them.

    So scripts can import each other by relative paths, and no browser mixes two versions.
    """

    def __init__(self, folder: Path = _FOLDER) -> None:
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _TYPES)
        self.files = {name: _read(folder / name) for name in names}
        digest = hashlib.sha256()
        for name, asset in self.files.items():
            digest.update(f"{name}\n{len(asset.content)}\n".encode() + asset.content)
        self.version = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """Return the path of a file. Raises `KeyError` for an unknown name."""
        self.files[name]
        return f"/assets/{self.version}/{name}"

    def find(self, version: str, name: str) -> Asset:
        """Return the file for a path that `url` made. Raises `Problem` (404) for any other."""
        asset = self.files.get(name)
        if asset is None or version != self.version:
            raise not_found()
        return asset


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(_TYPES[path.suffix], content, gzip.compress(content, mtime=0))
