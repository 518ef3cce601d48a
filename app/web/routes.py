"""A route whose refusals are pages that people can read and go on from, not problem documents."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import NotFound, RelayError, TooMany
from app.running.request_body import limited
from app.web import flash, guard, rendering

_REFUSAL_TITLES = {
    401: "Sign in first",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not like this",
    409: "Somebody was faster",
    413: "Too much at once",
    422: "That can't be used",
    429: "Too many at once",
    503: "Back in a moment",
    507: "The disk is full",
}
_ON_THE_PAGE = (409, 422)  # refusals of an action that the page it came from can show
_RETRY_SECONDS = "5"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """Answers every RelayError with a page, or with a message on the page that the form came
    from."""

    def get_route_handler(self) -> Handler:
        """The route's handler with our refusals around it."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                request = limited(request)
                return await original(request)
            except guard.LoginNeeded:
                return to_login(request)
            except RequestValidationError:
                return refusal(
                    request,
                    NotFound("This address is cut off or not right; go back and follow a link."),
                )
            except RelayError as error:
                return await _back_with(request, error) or refusal(request, error)

        return handle


def to_login(request: Request) -> Response:
    """Send somebody who isn't signed in to the login and, afterwards, back to where they wanted to
    go."""
    target = request.url.path
    if request.url.query:
        target += f"?{request.url.query}"
    login = "/login"
    if request.method == "GET" and target != "/":
        login += f"?next={quote(target, safe='/')}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": login})
    return RedirectResponse(login, status_code=303)


async def _back_with(request: Request, error: RelayError) -> Response | None:
    if request.method != "POST" or error.status not in _ON_THE_PAGE:
        return None
    form = await request.form()
    target = form.get("next", "")
    if error.status == 422 and form.get("stay"):  # nothing was decided: that is still to be done
        target = form["stay"]
    if not isinstance(target, str) or not target:
        return None
    response = RedirectResponse(guard.local_path(target), status_code=303)
    flash.leave(response, flash.Flash(error.detail, "failed"), secure=guard.secure(request))
    return response


def refusal(request: Request, error: RelayError) -> Response:
    """A page that says what went wrong, in which word to ask about it, and how to go on."""
    response = rendering.bare(
        request,
        "error.html",
        code=error.status,
        title=_REFUSAL_TITLES.get(error.status, "That went wrong"),
        detail=error.detail,
        reason=error.reason,
        retry=error.status >= 500 or isinstance(error, TooMany),
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response
