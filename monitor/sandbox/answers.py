"""The bodies and headers of Schwab's REST answers, the refusals of its gateway and edge included (PROTOCOL 1 and 3)."""

import html
from string import Template
from typing import Any
from uuid import uuid4

from aiohttp import web

from monitor.resource import resource
from monitor.sandbox import jackson

_HEADERS = {
    "schwab-resource-version": "1",
    "vary": "Accept-Encoding",
    "cache-control": "no-store",
    "pragma": "no-cache",
    "expires": "-1",
    "access-control-allow-origin": "",
    "access-control-allow-headers": "origin, x-requested-with, accept, content-type, authorization",
    "access-control-max-age": "3628800",
    "access-control-allow-methods": "GET, POST",
    "strict-transport-security": "max-age=30",
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
}
_PAGE_TITLES = {"consent": "Allow access", "denied": "Access Denied", "portal": "Welcome"}


class Refusal(Exception):
    """A request the service says no to; it becomes a body of the first family (PROTOCOL 3)."""

    def __init__(self, status: int, detail: str = "", source: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.source = source


def answer(payload: Any, status: int = 200) -> web.Response:
    """A JSON answer with the headers Schwab sends."""
    return answer_text(jackson.encode(payload), status)


def answer_text(body: bytes, status: int = 200) -> web.Response:
    """The same for JSON that is text already."""
    headers = {"schwab-client-correlid": str(uuid4())} | _HEADERS | {"x-request-id": str(uuid4())}
    return web.Response(body=body, status=status, headers={"content-type": "application/json"} | headers)


def refuse(refusal: Refusal) -> web.Response:
    """The refusal as an answer. ``status`` is text or a number in the body, as the captures have it."""
    in_body = str(refusal.status) if refusal.status in (400, 404) else refusal.status
    error: dict[str, Any] = {"id": str(uuid4()), "status": in_body, "title": _TITLES[refusal.status]}
    if refusal.detail:
        error["detail"] = refusal.detail
    if refusal.source:
        error["source"] = refusal.source
    return answer({"errors": [error]}, refusal.status)


def invalid_client() -> web.Response:
    """What an app hears whose key or secret is wrong."""
    return answer({"error": "invalid_client", "error_description": "Unauthorized"}, 401)


def unauthorized() -> web.Response:
    return refuse(Refusal(401, "Client not authorized"))


def too_many_requests(wait: int | str | None) -> web.Response:
    """No capture of a real 429 exists; this one follows the service's other errors, and may say when to come back."""
    response = refuse(Refusal(429))
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def body_too_big() -> web.Response:
    """What the gateway says of an answer too large for it."""
    detail = {"errorcode": "protocol.http.TooBigBody"}
    return answer({"fault": {"faultstring": "Body buffer overflow", "detail": detail}}, 502)


def gateway_down(status: int) -> web.Response:
    """What the gateway says when the service behind it is away, or too slow."""
    text = "upstream request timeout" if status == 504 else "no healthy upstream"
    return web.Response(text=text, status=status, content_type="text/plain")


def edge_refusal(path: str) -> web.Response:
    """The HTML with which the edge turns a network away, whatever was asked."""
    shown = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in f"http://api.schwabapi.com{path}")
    body = (
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n \n"
        f'You don\'t have permission to access "{shown}" on this server.<P>\n</BODY>\n</HTML>\n'
    )
    response = web.Response(body=body.encode(), status=403, headers={"server": "AkamaiGHost", "mime-version": "1.0"})
    response.content_type = "text/html"
    response.force_close()
    return response


def page(name: str, status: int = 200, **values: str) -> web.Response:
    """One of the pages in ``resources/sandbox``, with ``values`` put in as text."""
    safe = {key: html.escape(value) for key, value in values.items()}
    content = Template(_part(f"{name}.html")).substitute(safe, mark=_part("mark.html").strip())
    frame = Template(_part("frame.html"))
    text = frame.substitute(title=_PAGE_TITLES.get(name, "Log in"), style=_part("style.css"), content=content)
    headers = {"cache-control": "no-store", "x-frame-options": "DENY"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _part(name: str) -> str:
    return resource(f"sandbox/{name}").read_text("utf-8")
