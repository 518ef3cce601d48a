"""Turns a template into a page: the frame around it, its words, and headers that keep it safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.errors import NotFound
from app.queries.products import ProductChoice, list_product_choices
from app.queries.themes import count_themes_in_triage
from app.setup.login_sessions import SessionUser
from app.web import charts, flash, guard, platform_words, whys, words
from app.web.assets import asset
from app.web.masking import masked

COLOUR_SCHEMES = ("light", "dark")
PAGE_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
DASHBOARD_HEADERS = {
    "Content-Security-Policy": PAGE_CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
GUIDE_MARKDOWN = MarkdownIt("js-default", {"html": False, "linkify": False})


def markdown(text: str) -> Markup:
    """A set-up guide of ours as HTML; raw HTML in it is shown, not run."""
    return Markup(GUIDE_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes every HTML in its input


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, words=words, whys=whys, charts=charts)
    environment.filters.update(
        number=words.number,
        percent=words.percent,
        duration=words.duration,
        exact=words.exact,
        day=words.day,
        plain=words.plain,
        platform=platform_words.platform,
        ticket_name=words.ticket_name,
        platform_icon=platform_words.platform_icon,
        account=platform_words.account,
        actor=words.actor,
        markdown=markdown,
    )
    return environment


PAGE_TEMPLATES = _environment()


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame around every page knows. ``product`` is None where all products are shown."""

    products: tuple[ProductChoice, ...]
    product: ProductChoice | None
    waiting: int

    @property
    def product_id(self) -> UUID | None:
        """What lists are narrowed to: the chosen product, or the only one (which lets the database
        use its indexes)."""
        if self.product is not None:
            return self.product.id
        if len(self.products) == 1:
            return self.products[0].id
        return None


async def shell(request: Request) -> Shell:
    """The products, the one that the address names, and how many themes wait. Raises NotFound."""
    slug = request.query_params.get("product", "")
    async with guard.database(request).transaction() as connection:
        products = tuple(await list_product_choices(connection))
        product = next((choice for choice in products if choice.slug == slug), None)
        if slug and product is None:
            raise NotFound(
                "There is no product of this name; choose one in the menu.",
                reason="product_not_found",
            )
        waiting = await count_themes_in_triage(connection, product.id if product else None)
    return Shell(products, product, waiting)


class Links:
    """Addresses of pages that keep the chosen product."""

    def __init__(self, request: Request) -> None:
        self._product = request.query_params.get("product", "")
        self._current = dict(request.query_params)
        self._path = request.url.path

    def to(self, path: str, **values: object) -> str:
        """``path`` with the given query and the chosen product."""
        return _address(path, {"product": self._product, **values})

    def here(self, **changes: object) -> str:
        """This page with some of its query changed; an empty value leaves the field out."""
        return _address(self._path, {**self._current, **changes})


def _address(path: str, values: Mapping[str, object]) -> str:
    query = urlencode({key: str(value) for key, value in values.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path


async def page(
    request: Request,
    user: SessionUser,
    template: str,
    *,
    frame: Shell | None = None,
    code: int = 200,
    **context: Any,
) -> Response:
    """A page inside the frame, with the message that the last action left. ``context`` is what the
    template reads."""
    frame = frame or await shell(request)
    note = flash.pick_up(request)
    response = bare(
        request,
        template,
        code=code,
        user=user,
        frame=frame,
        note=note,
        csrf=masked(user.csrf),
        link=Links(request),
        **context,
    )
    if note:
        flash.forget(response)
    return response


def bare(request: Request, template: str, *, code: int = 200, **context: Any) -> Response:
    """A page of its own, such as the login."""
    scheme = request.cookies.get("relay_scheme", "")
    html = PAGE_TEMPLATES.get_template(template).render(
        request=request,
        path=request.url.path,
        now=datetime.now(UTC),
        scheme=scheme if scheme in COLOUR_SCHEMES else "",
        keys=request.cookies.get("relay_keys", "") != "off",
        **context,
    )
    return HTMLResponse(html, status_code=code, headers=DASHBOARD_HEADERS)
