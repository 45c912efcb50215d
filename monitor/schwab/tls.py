"""The one way this program speaks TLS to Schwab: TLS 1.2 or later, and every certificate is checked."""

import platform
import ssl
from pathlib import Path
from typing import Final

#: Where Linux systems keep their certificates when OpenSSL's own place is empty; truststore looks there too.
_STORES: Final = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)


def client_context() -> ssl.SSLContext:
    """Trusts what the system trusts, so a company's own authority works; certifi's list where the system has none.

    Nothing is read from ``SSLKEYLOGFILE``, which would let whoever sets it read along.
    """
    import truststore

    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not _system_has_store():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _system_has_store() -> bool:
    if platform.system() in {"Windows", "Darwin"}:
        return True
    own = ssl.get_default_verify_paths()
    folder = Path(own.capath) if own.capath else None
    return bool(own.cafile or (folder and any(folder.glob("*.0"))) or any(map(Path.is_file, map(Path, _STORES))))
