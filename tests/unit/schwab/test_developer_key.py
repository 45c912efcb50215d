"""The developer key as it is typed: each of the usual mistakes has its one sentence, and only some stop a sign-in."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import BadData
from monitor.schwab.developer_key import check_developer_key, remarks_on

KEY = "Ab3dEf7hIj1lMn5pQr9tUv3xYz7BcD1f"
SECRET = "aB1cD2eF3gH4iJ5k"
CALLBACK = "https://127.0.0.1:8182/"


def said(field, key=KEY, secret=SECRET, callback=CALLBACK):
    """The remarks on one field, but for the one on a missing slash, which comes beside others."""
    remarks = remarks_on(key, secret, callback)
    assert {remark.field for remark in remarks} <= {"client_id", "client_secret", "callback_url"}
    return [
        (remark.sentence, remark.stops)
        for remark in remarks
        if remark.field == field and "a slash;" not in remark.sentence
    ]


def test_of_a_key_as_schwab_issues_it_nothing_is_said():
    assert remarks_on(KEY, SECRET, CALLBACK) == []
    check_developer_key(KEY, SECRET, CALLBACK)


def test_of_empty_fields_nothing_is_said():
    assert remarks_on("", "", "") == []
    assert remarks_on(" ", "\t", "\n") == []


@pytest.mark.parametrize(
    ("key", "words", "stops"),
    [
        (KEY[:-1], "keys of 32 characters today; this one has 31.", False),
        (KEY + "x", "this one has 33.", False),
        ("trader1", "neither a login name nor", False),
        ("me@example.com", "an e-mail address", True),
        (f"“{KEY}”", "Quotation marks", True),
        (f"'{KEY}'", "Quotation marks", True),
        (f"{KEY[:16]} {KEY[16:]}", "a blank inside the app key", True),
        (f"{KEY}\n{SECRET}", "a blank inside the app key", True),
        (KEY[:-1] + "ü", "none that Schwab uses", True),
        (KEY + "\u200b", "none that Schwab uses", True),
        ("YOUR_APP_KEY", "only stands in for the app key", True),
        ("your-client-id", "only stands in for the app key", True),
        (f"  {KEY}\n", "blanks around it are left out", False),
    ],
)
def test_each_mistake_in_the_app_key_has_one_sentence(key, words, stops):
    [(sentence, stopped)] = said("client_id", key=key)
    assert words in sentence
    assert stopped is stops


@pytest.mark.parametrize(
    ("secret", "words", "stops"),
    [
        (SECRET[:-1], "secrets of 16 characters today; this one has 15.", False),
        (KEY, "the same", True),
        ("••••••••••••••••", "only stand in for the secret", True),
        ("****************", "only stand in for the secret", True),
        ("your_app_secret", "only stands in for the secret", True),
        ("<secret>", "only stands in for the secret", True),
        (f'"{SECRET}"', "Quotation marks", True),
        (f"{SECRET[:4]}\t{SECRET[4:]}", "a blank inside the secret", True),
        ("ß" * 16, "none that Schwab uses", True),
        (f" {SECRET}", "blanks around it are left out", False),
    ],
)
def test_each_mistake_in_the_secret_has_one_sentence_that_does_not_show_it(secret, words, stops):
    [(sentence, stopped)] = said("client_secret", secret=secret)
    assert words in sentence
    assert secret.strip() not in sentence
    assert stopped is stops


def test_a_swapped_key_and_secret_are_said_to_be():
    assert said("client_id", key=SECRET, secret=KEY) == [
        ("The app key and its secret seem to be swapped: the key is the longer one.", False)
    ]
    assert said("client_secret", key=SECRET, secret=KEY) == [("This has the length of an app key.", False)]


@pytest.mark.parametrize(
    ("callback", "words", "stops"),
    [
        ("http://example.com/", "must begin with https://, not http://", True),
        ("http://127.0.0.1:8182/", "only if yours was registered so", False),
        ("HTTPS://127.0.0.1:8182/", "“https” is written in lower case", True),
        ("https://LocalHost:8182/", "The host is written in lower case", True),
        ("https://localhost:8182/", "two addresses", False),
        ("https://127.0.0.1/", "Without a port", False),
        ("https://127.0.0.1:/", "The port after the colon is missing", True),
        ("https://127.0.0.1:port/", "not an address", True),
        ("https://127.0.0.1:81820/", "not an address", True),
        ("127.0.0.1:8182", "begins with https://. Example", True),
        ("localhost:8182/", "begins with https://. Example", True),
        ("https:/127.0.0.1:8182/", "begins with https://. Example", True),
        ("ftp://127.0.0.1/", "not ftp://", True),
        ("https://", "not an address", True),
        ("https://[::1", "not an address", True),
        ("https://127.0.0.1:8182\\", "not an address", True),
        ("https://127.0.0.1:8182/?code=C0.x", "ends before “?” or “#”", True),
        ("https://127.0.0.1:8182/#", "ends before “?” or “#”", True),
        ("https://me:word@127.0.0.1:8182/", "no name or password", True),
        ("https://127.0.0.1: 8182/", "a blank inside", True),
        ("https://127.0.0.1:8182/ü", "none of an address", True),
        ("“https://127.0.0.1:8182/”", "Quotation marks", True),
        ("https://127.0.0.1:8182/,https://127.0.0.1", "only one of them", True),
        ("https://127.0.0.1:8182/callback", "“/callback” is part of the address", False),
        ("https://127.0.0.1:8182//", "Two slashes", False),
        ("https://my.example.com/", "my.example.com, which is not this machine", False),
        (f"{CALLBACK} ", "blanks around it are left out", False),
    ],
)
def test_each_mistake_in_the_callback_has_one_sentence(callback, words, stops):
    [(sentence, stopped)] = said("callback_url", callback=callback)
    assert words in sentence
    assert stopped is stops


def test_the_slash_at_the_end_makes_another_address():
    [remark] = remarks_on("", "", "https://127.0.0.1:8182")
    assert (remark.sentence, remark.stops) == (
        "It ends without a slash; with one it is another address to Schwab.",
        False,
    )


@pytest.mark.parametrize(
    ("key", "secret", "callback", "words"),
    [
        ("", SECRET, CALLBACK, "both needed"),
        (KEY, " ", CALLBACK, "both needed"),
        (KEY, SECRET, "", "callback address is needed"),
        (KEY, KEY, CALLBACK, "the same"),
        (KEY, SECRET, "http://example.com/", "https://"),
    ],
)
def test_what_stops_a_sign_in_is_refused_with_the_same_sentence(key, secret, callback, words):
    with pytest.raises(BadData, match=words):
        check_developer_key(key, secret, callback)


@pytest.mark.parametrize("callback", ["http://127.0.0.1:8182", "https://localhost/x", " https://my.example.com "])
def test_what_is_only_unusual_is_taken(callback):
    check_developer_key(f"{KEY[1:]} ", SECRET + "more", callback)


_addresses = st.builds(
    "{}{}{}".format, st.sampled_from(["https://", "http://[", "https://127.0.0.1:"]), st.text(), st.text()
)


@given(st.text(), st.text(), st.text() | _addresses)
@example("k", "s", "https://\u2100/")
@example("\ud800", "s", "https://\ud800")
def test_whatever_is_typed_there_are_only_remarks(key, secret, callback):
    stops = any(remark.stops for remark in remarks_on(key, secret, callback))
    try:
        check_developer_key(key, secret, callback)
    except BadData:
        refused = True
    else:
        refused = False
    assert refused == (stops or not (key.strip() and secret.strip() and callback.strip()))
