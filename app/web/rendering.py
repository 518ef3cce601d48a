"""Turns a template into a page: the frame around it, the words in it, and the headers that keep it
safe."""

from __future__ import annotations

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
from app.setup.login_sessions import SessionUser
from app.web import charts, flash, guard, whys, words
from app.web.assets import asset

SCHEMES = ("light", "dark")
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action "
    "'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_MARKDOWN = MarkdownIt("js-default", {"html": False, "linkify": False})


def markdown(text: str) -> Markup:
    """A set-up guide of ours as HTML; raw HTML in it is shown, not run."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the renderer escapes every HTML in its input


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=asset, words=words, whys=whys, charts=charts)
    made.filters.update(
        number=words.number,
        percent=words.percent,
        duration=words.duration,
        exact=words.exact,
        day=words.day,
        plain=words.plain,
        platform=words.platform,
        ticket_name=words.ticket_name,
        platform_icon=words.platform_icon,
        actor=words.actor,
        markdown=markdown,
    )
    return made


ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product as the switcher shows it."""

    id: UUID
    slug: str
    name: str


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
        only = self.products[0] if len(self.products) == 1 else None
        chosen = self.product or only
        return chosen.id if chosen else None


async def shell(request: Request) -> Shell:
    """The products, the one that the address names, and how many themes wait. Raises NotFound."""
    slug = request.query_params.get("product", "")
    async with guard.database(request).transaction() as connection:
        rows = await (
            await connection.execute("select id, slug, name from product order by name, id")
        ).fetchall()
        products = tuple(ProductChoice(**row) for row in rows)
        product = next((choice for choice in products if choice.slug == slug), None)
        if slug and product is None:
            raise NotFound(
                "There is no product of this name; choose one in the menu.",
                reason="product_not_found",
            )
        found = await connection.execute(
            "select count(*) as waiting from theme where status = 'triage'"
            " and (%(p)s::uuid is null or product_id = %(p)s)",
            {"p": product.id if product else None},
        )
        row = await found.fetchone()
    return Shell(products, product, row["waiting"] if row else 0)


class Links:
    """Addresses of pages that keep the chosen product."""

    def __init__(self, request: Request) -> None:
        self._product = request.query_params.get("product", "")
        self._current = dict(request.query_params)
        self._path = request.url.path

    def to(self, path: str, **values: object) -> str:
        """``path`` with the given query and the chosen product."""
        chosen = {"product": self._product, **values}
        query = urlencode(
            {key: str(value) for key, value in chosen.items() if value not in (None, "")}
        )
        return f"{path}?{query}" if query else path

    def here(self, **changes: object) -> str:
        """This page with some of its query changed; an empty value leaves the field out."""
        merged = {**self._current, **changes}
        query = urlencode(
            {key: str(value) for key, value in merged.items() if value not in (None, "")}
        )
        return f"{self._path}?{query}" if query else self._path


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
        csrf=user.csrf,
        link=Links(request),
        **context,
    )
    if note:
        flash.forget(response)
    return response


def bare(request: Request, template: str, *, code: int = 200, **context: Any) -> Response:
    """A page of its own, such as the login."""
    scheme = request.cookies.get("relay_scheme", "")
    html = ENVIRONMENT.get_template(template).render(
        request=request,
        path=request.url.path,
        now=datetime.now(UTC),
        scheme=scheme if scheme in SCHEMES else "",
        keys=request.cookies.get("relay_keys", "") != "off",
        **context,
    )
    return HTMLResponse(html, status_code=code, headers=HEADERS)
