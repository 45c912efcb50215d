"""Where the program may connect to."""

import pytest

from monitor.errors import Refused, Unusable
from monitor.schwab.address import Address

SANDBOX = Address.of_sandbox("http://127.0.0.1:8080/")


def test_without_a_sandbox_it_is_the_real_schwab():
    assert Address().base_url == "https://api.schwabapi.com"
    assert not Address().sandbox


def test_a_sandbox_has_a_password_store_entry_of_its_own():
    assert SANDBOX.sandbox
    assert SANDBOX.base_url == "http://127.0.0.1:8080"
    assert SANDBOX.keyring_service != Address().keyring_service


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:80",
        "https://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1:1/path",
        "http://[::1",
        "",
        "x",
    ],
)
def test_a_sandbox_is_on_this_machine_only(url):
    with pytest.raises(Unusable, match="not a sandbox"):
        Address.of_sandbox(url)


@pytest.mark.parametrize("url", ["wss://streamer-api.schwab.com/ws", "wss://streamer.schwabapi.com:443/ws"])
def test_the_streamer_may_be_on_schwabs_hosts(url):
    assert Address().check_streamer(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ws://streamer-api.schwab.com/ws",
            "wss://evil.com/ws",
            "wss://schwab.com.evil.com/ws",
            "wss://evilschwab.com/",
        ),
        *(
            "wss://u:p@streamer-api.schwab.com/ws",
            "wss://streamer-api.schwab.com:8443/ws",
            "ws://127.0.0.1:1/ws",
            "",
            "wss://[",
        ),
    ],
)
def test_another_streamer_address_is_not_contacted(url):
    with pytest.raises(Refused, match="not contacted"):
        Address().check_streamer(url)


def test_the_sandboxs_streamer_is_on_this_machine():
    assert SANDBOX.check_streamer("ws://127.0.0.1:9/ws") == "ws://127.0.0.1:9/ws"
    for url in ("ws://10.0.0.1:9/ws", "wss://streamer-api.schwab.com/ws", "ws:///ws"):
        with pytest.raises(Refused):
            SANDBOX.check_streamer(url)
