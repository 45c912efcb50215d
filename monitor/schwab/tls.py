"""The one way this program speaks TLS to Schwab: TLS 1.2 or later, and every certificate is checked."""

import platform
import re
import ssl
from pathlib import Path
from typing import Final

#: Where Linux systems keep their authorities when OpenSSL's own places are empty, as truststore has them.
_STORES: Final = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]", re.IGNORECASE)
#: OpenSSL's words for a peer that is too old, or speaks no TLS at all.
_NO_COMMON_VERSION: Final = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)


def client_context() -> ssl.SSLContext:
    """Trusts what the system trusts, so a company's own authority works; certifi's list where the system has none.

    Unlike Python's own default it reads no ``SSLKEYLOGFILE``, which would let whoever sets it read along.
    """
    if platform.system() in {"Windows", "Darwin"}:
        import truststore

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        # truststore would load the same files, but again for each connection: 35 ms in which the window stands still.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_store(context)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load_store(context: ssl.SSLContext) -> None:
    own = ssl.get_default_verify_paths()
    if own.cafile or (own.capath and any(_HASHED.fullmatch(file.name) for file in Path(own.capath).iterdir())):
        context.set_default_verify_paths()
        return
    store = next((place for place in _STORES if Path(place).is_file()), None)
    if store is None:
        import certifi

        store = certifi.where()
    context.load_verify_locations(store)


def refusal(error: BaseException | None) -> str:
    """What to tell a person when ``error`` is a TLS check that failed; empty when it is something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                "The secure connection was refused: the certificate is not Schwab's. This network may want you to sign "
                "in to it first, or this machine's clock is wrong."
            )
        if isinstance(error, ssl.SSLError) and getattr(error, "reason", "") in _NO_COMMON_VERSION:
            return "The secure connection was refused: what answers in Schwab's place does not speak TLS 1.2 or later."
        error = error.__cause__ or error.__context__
    return ""
