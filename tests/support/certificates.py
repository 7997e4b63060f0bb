"""An authority for one test run, and certificates of it, made by the openssl program."""

import shutil
import subprocess
from pathlib import Path

from cli.stack.packages import apt_install

_DAYS = "30"


class Authority:
    """Its own certificate is `certificate`, in PEM. With `terse` its certificates say less than RFC 5280 asks for."""

    def __init__(self, folder: Path, name: str = "Test authority", *, terse: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._terse = terse
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._issued: dict[Path, tuple[Path, Path]] = {}
        if not self.certificate.exists():
            usage = [] if terse else ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
            _openssl("req", "-x509", "-subj", f"/CN={name}", "-days", _DAYS, *usage, *_new_key(self._key), "-out",
                     str(self.certificate))  # fmt: skip

    def issue(self, name: str, *, days: str = _DAYS) -> tuple[Path, Path]:
        """Certificate and key for a host name or an address, made once; with `days` of "-1" one that is over."""
        stem = self._folder / f"{name.replace(':', '_')}{days}"
        if stem not in self._issued:
            self._issued[stem] = self._made(stem, name, days)
        return self._issued[stem]

    def _made(self, stem: Path, name: str, days: str) -> tuple[Path, Path]:
        request, certificate, key = stem.with_suffix(".csr"), stem.with_suffix(".pem"), stem.with_suffix(".key")
        extensions = stem.with_suffix(".ext")
        kind = "IP" if name.replace(".", "").isdigit() else "DNS"
        issuer = "none" if self._terse else "keyid"
        extensions.write_text(
            f"subjectAltName={kind}:{name}\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier={issuer}\n",
            encoding="ascii",
        )
        _openssl("req", "-subj", f"/CN={name}", *_new_key(key), "-out", str(request))
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key),
                 "-CAcreateserial", "-days", days, "-extfile", str(extensions), "-out", str(certificate))  # fmt: skip
        return certificate, key


def _new_key(path: Path) -> list[str]:
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(path)]


def _openssl(*arguments: str) -> None:
    if shutil.which("openssl") is None:
        apt_install(["openssl"], print)
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
