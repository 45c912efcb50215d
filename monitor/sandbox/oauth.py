"""Sign-in as Schwab does it: login and consent in the browser, then codes and tokens (PROTOCOL 2)."""

import base64
import binascii
import hashlib
import hmac
from urllib.parse import quote, urlencode
from uuid import uuid4

from aiohttp import web

from monitor.sandbox import answers, walls
from monitor.sandbox.faults import Faults
from monitor.sandbox.logins import Logins
from monitor.sandbox.tokens import (
    ACCESS_SECONDS,
    CODE_SECONDS,
    Claim,
    Credentials,
    Signer,
)

AUTHORIZE = "/v1/oauth/authorize"
TOKEN = "/v1/oauth/token"  # noqa: S105  a path


class Authorization:
    """The pages a person sees between the app and its callback."""

    def __init__(self, credentials: Credentials, signer: Signer, faults: Faults) -> None:
        self._credentials = credentials
        self._signer = signer
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(AUTHORIZE, self.authorize),
            web.post(f"{AUTHORIZE}/login", self.login),
            web.post(f"{AUTHORIZE}/offer", self.offer),
            web.post(f"{AUTHORIZE}/consent", self.consent),
        ]

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """The login form; an unknown app or callback is told so here, not at the callback, as with Schwab."""
        wall = self._faults.of_page(walls.AT_THE_DOOR)
        if wall is not None:
            return await walls.stand(wall, request)
        asked = request.query
        if asked.get("client_id") != self._credentials.client_id:
            return answers.invalid_client()
        known_callback = asked.get("redirect_uri") in self._credentials.callbacks
        if not (known_callback and asked.get("response_type", "code") == "code"):
            return answers.page("denied", 403)
        return self._login_page(asked["redirect_uri"], asked.get("state"))

    async def login(self, request: web.Request) -> web.Response:
        """Checks name and password, then asks for consent."""
        form = await request.post()
        claim = self._signer.read(str(form.get("page", "")), "login")
        if claim is None:
            return answers.page("denied", 403)
        username = str(form.get("username", "")).strip()
        right = hmac.compare_digest(str(form.get("password", "")).encode(), self._credentials.password.encode())
        if not (username and right):
            return self._login_page(claim.redirect_uri, claim.state, "That login ID and password do not match.")
        match self._faults.of_page(walls.AFTER_LOGIN):
            case "login-loop":
                return self._login_page(claim.redirect_uri, claim.state)
            case "voice-id":
                return self._offer_page(username, claim)
            case _:
                return self._consent_page(username, claim)

    async def offer(self, request: web.Request) -> web.Response:
        """The offer after a login that may be put off, and nothing else."""
        form = await request.post()
        claim = self._signer.read(str(form.get("page", "")), "offer")
        if claim is None:
            return answers.page("denied", 403)
        if form.get("decision") == "later":
            return self._consent_page(claim.user, claim)
        return self._offer_page(claim.user, claim, "The sandbox knows no voices. Choose “Cancel”.")

    async def consent(self, request: web.Request) -> web.Response:
        """Sends the browser to the callback, with a code or with the refusal."""
        form = await request.post()
        claim = self._signer.read(str(form.get("page", "")), "consent")
        if claim is None:
            return answers.page("denied", 403)
        if form.get("decision") == "allow":
            code = "C0." + self._signer.issue("code", claim.user, CODE_SECONDS, claim) + "@"
            values = {"code": code, "session": str(uuid4())}
        else:
            values = {"error": "access_denied"}
        if claim.state is not None:
            values["state"] = claim.state
        location = f"{claim.redirect_uri}?{urlencode(values, quote_via=quote)}"
        return web.Response(status=302, headers={"Location": location, "cache-control": "no-store"})

    def _login_page(self, redirect_uri: str, state: str | None, complaint: str = "") -> web.Response:
        return answers.page(
            "login",
            200,
            page=self._signer.page("", "login", redirect_uri, state),
            username=self._credentials.username,
            password=self._credentials.password,
            complaint=complaint,
            action=f"{AUTHORIZE}/login",
        )

    def _offer_page(self, username: str, claim: Claim, complaint: str = "") -> web.Response:
        page = self._signer.page(username, "offer", claim.redirect_uri, claim.state)
        return answers.page("voice", page=page, complaint=complaint, action=f"{AUTHORIZE}/offer")

    def _consent_page(self, username: str, claim: Claim) -> web.Response:
        page = self._signer.page(username, "consent", claim.redirect_uri, claim.state)
        return answers.page("consent", page=page, username=username, action=f"{AUTHORIZE}/consent")


class TokenEndpoint:
    """Codes and refresh tokens in, access tokens out."""

    def __init__(self, credentials: Credentials, signer: Signer, faults: Faults, logins: Logins) -> None:
        self._credentials = credentials
        self._signer = signer
        self._faults = faults
        self._logins = logins
        self._used: set[str] = set()
        self.codes = 0
        self.renewals = 0
        self.refused = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post(TOKEN, self.grant)]

    async def grant(self, request: web.Request) -> web.Response:
        """POST /v1/oauth/token, for both grants."""
        response = await self._answer(request)
        self.refused += response.status >= 400
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._is_known_app(request.headers.get("Authorization", "")):
            return answers.invalid_client()
        form = await request.post()
        match form.get("grant_type"):
            case "authorization_code":
                claim = self._redeem(str(form.get("code", "")), str(form.get("redirect_uri", "")))
                if claim is None:
                    return _rejected("authorization code", "invalid_grant", "")
                self.codes += 1
                return self._tokens(claim, 0)
            case "refresh_token":
                token = str(form.get("refresh_token", ""))
                claim = self._renewable(token)
                if claim is None:
                    return _rejected("refresh token", "refresh_token_authentication_error", token)
                self.renewals += 1
                return self._tokens(claim, self._generation(claim))
            case _:
                return _rejected("grant type", "unsupported_grant_type", "")

    def _is_known_app(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            return False
        expected = f"{self._credentials.client_id}:{self._credentials.client_secret}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)

    def _redeem(self, code: str, redirect_uri: str) -> Claim | None:
        """The claim of a code that is fresh, unused and was given to this callback."""
        if not (code.startswith("C0.") and code.endswith("@")):
            return None
        claim = self._signer.read(code[3:-1], "code")
        if claim is None or claim.redirect_uri != redirect_uri or claim.nonce in self._used:
            return None
        self._used.add(claim.nonce)
        return claim

    def _renewable(self, token: str) -> Claim | None:
        """The claim of a refresh token that is neither too old, replaced nor revoked."""
        claim = self._signer.read(token.removesuffix("@"), "refresh") if token.endswith("@") else None
        if claim is None or not self._logins.renews(claim):
            return None
        self._logins.saw(claim)
        return claim

    def _generation(self, claim: Claim) -> int:
        rotates = self._faults.rotates_refresh_tokens
        return self._logins.next_generation(claim) if rotates else claim.generation

    def _tokens(self, claim: Claim, generation: int) -> web.Response:
        access = self._signer.issue("access", claim.user, ACCESS_SECONDS, claim, generation)
        return answers.answer(
            {
                "expires_in": ACCESS_SECONDS,
                "token_type": "Bearer",
                "scope": "api",
                "refresh_token": self._signer.refresh_token(claim.user, claim.login, generation) + "@",
                "access_token": f"I0.{access}@",
                "id_token": self._signer.issue("access", claim.user, 0, claim),
            }
        )


def access_claim(signer: Signer, token: str) -> Claim | None:
    """The claim of an access token as clients hold it, or None."""
    return signer.read(token[3:-1], "access") if token.startswith("I0.") and token.endswith("@") else None


def _rejected(what: str, problem: str, token: str) -> web.Response:
    """The wrapper in which Schwab puts every rejected grant; its inner text is not JSON, there as here."""
    digest = base64.b64encode(hashlib.sha256(token.encode()).digest()[:20]).decode()
    inner = f"Failed {what} authentication [tokenDigest={digest}]"
    description = f"Exception while authenticating {what} [tokenDigest={digest}, Exception={inner}]"
    text = f'400 Bad Request: "{{"error_description":"{description}","error":"{problem}"}}"'
    return answers.answer({"error": "unsupported_token_type", "error_description": text}, 400)
