"""Who may knock at the JSON door: this machine, a page of ours or none, and whoever shows the token.

Loopback alone is no protection: any web page that a user of this machine opens can send requests to it, and a name
that resolves to 127.0.0.1 makes them same-origin. Hence Host, Origin and Sec-Fetch-Site before the token.
"""

import hmac
from collections.abc import Callable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from node.web.problems import problem

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, errors included."""


async def protect(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Security headers on every answer; also on redirects and errors, which a middleware would miss."""
    response.headers.update(HEADERS)
    response.headers.pop(hdrs.SERVER, None)


def guarded(hosts: Callable[[], frozenset[str]], token: str) -> Middleware:
    """A middleware that lets through only requests to one of ``hosts``, of our own origin or none, with the token."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        known = hosts()
        if request.headers.get(hdrs.HOST, "").lower() not in known:
            return problem(421, "host", "Verkeerd adres", "Dit adres wordt hier niet bediend.")
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and origin.lower() not in {f"http://{host}" for host in known}:
            return problem(403, "herkomst", "Verkeerde herkomst", "Verzoeken van andere pagina's worden geweigerd.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return problem(403, "herkomst", "Verkeerde herkomst", "Verzoeken van andere pagina's worden geweigerd.")
        scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            # Bytes that are no UTF-8 come in as surrogates.
            shown.strip().encode(errors="surrogateescape"),
            token.encode(),
        ):
            answer = problem(401, "niet-aangemeld", "Niet aangemeld", "Het token ontbreekt of klopt niet.")
            answer.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
            return answer
        return await handler(request)

    return guard
