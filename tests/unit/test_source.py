"""What must hold of the whole source: who opens connections, and that certificates are checked."""

import ast
import functools
from collections import Counter
from pathlib import Path
from typing import TypeVar

import pytest

MONITOR = Path(__file__).parents[2] / "monitor"
MODULES = {path.relative_to(MONITOR).as_posix(): path for path in sorted(MONITOR.rglob("*.py"))}

#: Who makes what can reach another machine, and how often. The sandbox is reached by headless over loopback only.
CONNECTING = Counter(
    {
        ("schwab/headless.py", "AsyncClient"): 2,
        ("schwab/rest/client.py", "AsyncClient"): 1,
        ("schwab/token_endpoint.py", "AsyncClient"): 1,
        ("schwab/transport.py", "AsyncHTTPTransport"): 1,
        ("schwab/proxy.py", "AsyncHTTPTransport"): 1,
        ("schwab/connection.py", "_Connect"): 1,
    }
)
MAKERS = frozenset(
    {
        *("AsyncClient", "Client", "AsyncHTTPTransport", "HTTPTransport", "ClientSession", "urlopen", "urlretrieve"),
        *("HTTPConnection", "HTTPSConnection", "AsyncOAuth2Client", "OAuth2Client", "create_connection", "_Connect"),
        *("open_connection", "connect_ex", "ws_connect", "easy_client", "client_from_token_file"),
        *("QNetworkAccessManager", "QWebSocket", "QTcpSocket", "QSslSocket", "QUdpSocket"),
    }
)
#: Libraries that would bring a way out of their own.
WAYS_OUT = frozenset(
    {"requests", "urllib3", "http.client", "urllib.request", "ftplib", "smtplib", "httpcore", "pycurl"}
)
#: What is imported of them although nothing is fetched with it: how the system is set.
ONLY_ASKED = {"schwab/proxy.py": {"urllib.request", "urllib.request.getproxies", "urllib.request.proxy_bypass"}}
UNCHECKED = (
    "CERT_NONE",
    "CERT_OPTIONAL",
    "_create_unverified_context",
    "_create_default_https_context",
    "inject_into_ssl",
)


Node = TypeVar("Node", bound=ast.AST)


@functools.cache
def walked() -> list[tuple[str, ast.AST]]:
    return [(name, node) for name, path in MODULES.items() for node in ast.walk(ast.parse(path.read_text("utf-8")))]


def nodes(kind: type[Node]) -> list[tuple[str, Node]]:
    return [(name, node) for name, node in walked() if isinstance(node, kind)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_nothing_but_the_one_way_out_reaches_another_machine() -> None:
    made = Counter((name, called(call)) for name, call in nodes(ast.Call) if called(call) in MAKERS)
    assert made == CONNECTING


def test_every_client_of_schwab_goes_through_the_transport_that_only_reads() -> None:
    clients = [(name, call) for name, call in nodes(ast.Call) if called(call) == "AsyncClient"]
    for name, call in clients:
        words = {keyword.arg for keyword in call.keywords}
        assert "transport" in words or name == "schwab/headless.py", name
        follows = [word.value.value for word in call.keywords if word.arg == "follow_redirects"]
        assert follows in ([], [False]), name


def test_no_library_with_a_way_out_of_its_own_is_imported() -> None:
    for name, node in [*nodes(ast.Import), *nodes(ast.ImportFrom)]:
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if isinstance(node, ast.ImportFrom):
            imported += [f"{node.module}.{alias.name}" for alias in node.names]
        assert not WAYS_OUT & (set(imported) - ONLY_ASKED.get(name, set())), name


@pytest.mark.parametrize("word", UNCHECKED)
def test_no_word_switches_the_check_of_certificates_off(word: str) -> None:
    assert not [name for name, path in MODULES.items() if word in path.read_text("utf-8")]


def test_nothing_switches_the_check_of_certificates_off() -> None:
    for name, call in nodes(ast.Call):
        for keyword in call.keywords:
            is_switch = keyword.arg in {"verify", "ssl", "check_hostname", "verify_ssl"}
            off = is_switch and isinstance(keyword.value, ast.Constant) and not keyword.value.value
            assert not off, f"{name}:{call.lineno}"
    for name, node in nodes(ast.Assign):
        for target in node.targets:
            assert getattr(target, "attr", "") not in {"check_hostname", "verify_mode"}, f"{name}:{node.lineno}"


def test_who_speaks_tls_to_schwab_asks_for_the_one_context() -> None:
    contexts = {name for name, call in nodes(ast.Call) if called(call) in {"SSLContext", "create_default_context"}}
    assert contexts == {"schwab/tls.py", "schwab/certificate.py"}
    for made in [call for _, call in nodes(ast.Call) if called(call) == "AsyncHTTPTransport"]:
        assert "verify=client_context()" in ast.unparse(made)
    [made] = [call for _, call in nodes(ast.Call) if called(call) == "_Connect"]
    assert "ssl=client_context()" in ast.unparse(made)


def test_no_name_of_a_setting_leads_to_an_unchecked_certificate() -> None:
    for name in ("apps/options.py", "apps/arguments.py"):
        text = MODULES[name].read_text("utf-8").lower()
        for word in ("insecure", "verify", "certificate", "tls", "ssl"):
            assert word not in text, f"{name}: {word}"
