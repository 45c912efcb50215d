"""A certificate made on the spot, for a callback that this machine's own browser reaches over https."""

import datetime as dt
import ipaddress
import os
import secrets
import ssl
import tempfile
from pathlib import Path
from typing import Final

_LIFE: Final = dt.timedelta(days=1)
#: A browser whose clock is a little behind must not find it “not yet valid”.
_AGE: Final = dt.timedelta(hours=1)


def server_context() -> ssl.SSLContext:
    """What the listener speaks TLS with: a new key, and a certificate for this machine's own addresses."""
    certificate, key, password = _made()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python takes keys from files only. This one is encrypted, in a folder of its own, and gone at once.
    with tempfile.TemporaryDirectory(prefix="market-monitor-") as folder:
        chain = Path(folder) / "certificate.pem"
        descriptor = os.open(chain, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key + certificate)
        context.load_cert_chain(chain, password=password)
    return context


def _made() -> tuple[bytes, bytes, bytes]:
    """Certificate and key as PEM, and the password of the key, which exists in memory only."""
    # Loading these takes a tenth of a second, and most starts need none of it.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Market Monitor on this computer")])
    begins = dt.datetime.now(dt.UTC) - _AGE
    hosts = [
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _LIFE)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        # Who tells the browser to trust it trusts this one server, not a maker of certificates.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    password = secrets.token_hex(32).encode()
    pem = serialization.Encoding.PEM
    locked = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(password))
    return certificate.public_bytes(pem), locked, password
