"""An authority for one test run, and certificates of it."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

_DAYS = 30
_BEFORE = dt.timedelta(days=2)
"""How long ago all became valid: one that is over by now was valid before."""


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
            self._make(name)

    def issue(self, name: str, *, days: int = _DAYS) -> tuple[Path, Path]:
        """Certificate and key for a host name or an address, made once; with `days` of -1 one that is over."""
        stem = self._folder / f"{name.replace(':', '_')}{days}"
        if stem not in self._issued:
            self._issued[stem] = self._made(stem, name, days)
        return self._issued[stem]

    def _made(self, stem: Path, name: str, days: int) -> tuple[Path, Path]:
        issuer = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        signer = load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(name, key, days)
            .issuer_name(issuer.subject)
            .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        )
        if not self._terse:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
            builder = builder.add_extension(identifier, critical=False)
        paths = self._folder / f"{stem.name}.pem", self._folder / f"{stem.name}.key"
        paths[0].write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM))
        _write_key(paths[1], key)
        return paths

    def _make(self, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(name, key, _DAYS)
            .issuer_name(_name(name))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if not self._terse:
            builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        _write_key(self._key, key)
        self.certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _builder(name: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
