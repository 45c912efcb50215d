"""The certificate made on the spot: for this machine only, for a day, and its key is nowhere afterwards."""

import datetime as dt
import ipaddress
import os
import ssl
import stat
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from monitor.schwab import certificate
from monitor.schwab.certificate import server_context


@pytest.fixture
def made():
    pem, _key, _password = certificate._made()
    return x509.load_pem_x509_certificate(pem)


def test_it_is_for_this_machines_own_names_only(made):
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    assert names.get_values_for_type(x509.IPAddress) == addresses


def test_it_lasts_a_day_and_began_a_little_ago(made):
    now = dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=30) < now - made.not_valid_before_utc < dt.timedelta(hours=2)
    assert made.not_valid_after_utc - made.not_valid_before_utc == dt.timedelta(days=1)


def test_who_trusts_it_trusts_no_other_certificate(made):
    constraints = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_no_two_are_alike(made):
    another = x509.load_pem_x509_certificate(certificate._made()[0])
    assert another.serial_number != made.serial_number
    assert another.public_key() != made.public_key()


def test_the_server_speaks_nothing_older_than_tls_1_2():
    assert server_context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_the_key_is_locked_private_and_gone_at_once(tmp_path, monkeypatch):
    seen = []
    real = ssl.SSLContext.load_cert_chain

    def load_cert_chain(context, chain, keyfile=None, password=None):
        path = Path(chain)
        modes = (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode))
        seen.append((path.read_text(), modes))
        real(context, chain, keyfile, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load_cert_chain)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = os.umask(0)
    try:
        server_context()
    finally:
        os.umask(before)
    [(text, modes)] = seen
    assert "ENCRYPTED PRIVATE KEY" in text
    assert modes == (0o600, 0o700)
    assert not list(tmp_path.iterdir())
