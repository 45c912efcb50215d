"""The gate in front of REST: tokens, the limit of requests, faults, compression; and the streamer's address."""

import logging
import math
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from monitor.sandbox import answers
from monitor.sandbox.answers import Refusal, answer
from monitor.sandbox.chains import Chains
from monitor.sandbox.exchange import Exchange
from monitor.sandbox.failures import fail
from monitor.sandbox.faults import Fault, Faults
from monitor.sandbox.history import History
from monitor.sandbox.hours import Hours
from monitor.sandbox.instruments import Instruments
from monitor.sandbox.limits import SlidingWindow
from monitor.sandbox.log_lines import kind_and_place
from monitor.sandbox.logins import Logins
from monitor.sandbox.movers import Movers
from monitor.sandbox.oauth import TOKEN, access_claim
from monitor.sandbox.quotes import Quotes
from monitor.sandbox.tokens import Claim, Clock, Signer, customer_id

log = logging.getLogger(__name__)

CLAIM = web.RequestKey("claim", Claim)
_PROTECTED = ("/marketdata/", "/trader/")
CONTROL = "/sandbox"


class Gate:
    """Lets requests through, or answers in Schwab's place."""

    def __init__(self, signer: Signer, clock: Clock, faults: Faults, logins: Logins) -> None:
        self._signer = signer
        self._clock = clock
        self._logins = logins
        self._faults = faults
        self._window = SlidingWindow()
        self.requests = 0
        self.refused = 0

    @property
    def busiest_minute(self) -> int:
        """The most requests of one access token in any 60 seconds."""
        return self._window.most

    @property
    def middleware(self) -> Middleware:
        """The gate as aiohttp wants it."""

        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(CONTROL):
                return await handler(request)
            fault = self._faults.of_request(request.path, request.query_string)
            if not request.path.startswith((*_PROTECTED, TOKEN)):
                return await (fail(fault, request, handler) if fault else handler(request))
            response = await self._answer(request, handler, fault)
            # The path only: queries and headers may hold secrets.
            log.info("%s %s %s", request.method, request.path, response.status)
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                response.enable_compression(web.ContentCoding.gzip)
            return response

        return gate

    async def _answer(self, request: web.Request, handler: Handler, fault: Fault | None) -> web.StreamResponse:
        async def process(asked: web.Request) -> web.StreamResponse:
            return self._refusal(asked) or await _handle(asked, handler)

        self.requests += 1
        response = await (fail(fault, request, process) if fault else process(request))
        self.refused += response.status >= 400
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        """401 without a valid token, 429 beyond the limit of one; the token endpoint needs neither."""
        if request.path.startswith(TOKEN):
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claim = access_claim(self._signer, token.strip()) if scheme.lower() == "bearer" else None
        if claim is None:
            return answers.unauthorized()
        wait = self._window.admit(claim.nonce, self._clock.now())
        if wait > 0:
            return answers.too_many_requests(math.ceil(wait))
        self._logins.saw(claim)
        request[CLAIM] = claim
        return None


async def _handle(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The service's answer; where it has none, what Schwab would say."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return answers.refuse(refusal)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return answers.refuse(Refusal(404))
    except Exception as error:  # noqa: BLE001  the sandbox serves on
        log.error("the answer to %s failed: %s", request.path, kind_and_place(error))
        return answers.refuse(Refusal(500))


class Preferences:
    """GET /trader/v1/userPreference: where the streamer is, and as whom to speak to it."""

    def __init__(self) -> None:
        self.socket_url = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/trader/v1/userPreference", self.preference)]

    async def preference(self, request: web.Request) -> web.Response:
        """An object (the specification says array), with exactly one entry of streamerInfo."""
        account = {
            "accountNumber": "12345670",
            "primaryAccount": True,
            "type": "BROKERAGE",
            "nickName": "Sandbox",
            "displayAcctId": "...670",
            "autoPositionEffect": False,
            "accountColor": "Green",
        }
        streamer = {
            "streamerSocketUrl": self.socket_url,
            "schwabClientCustomerId": customer_id(request[CLAIM].user),
            "schwabClientCorrelId": str(uuid4()),
            "schwabClientChannel": "N9",
            "schwabClientFunctionId": "APIAPP",
        }
        offer = {"level2Permissions": True, "mktDataPermission": "NP"}
        return answer({"accounts": [account], "streamerInfo": [streamer], "offers": [offer]})


def market_data(exchange: Exchange, clock: Clock) -> list[web.RouteDef]:
    """Every market data path. Fixed paths come before those that begin with a symbol."""
    parts = (
        Instruments(exchange),
        History(exchange),
        Chains(exchange),
        Hours(exchange, clock),
        Movers(exchange),
        Quotes(exchange),
    )
    return [route for part in parts for route in part.routes()]
