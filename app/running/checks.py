"""Looks whether sources, trackers and products are set up and work; every finding that is not right
has a remedy."""

from __future__ import annotations

from pydantic import ValidationError

from app.errors import RelayError
from app.models.product import Product
from app.models.source import Source
from app.models.tracker import Tracker
from app.queries.health import sources
from app.running.runtime import Services
from app.setup.sources import active_secrets, list_sources, platform
from app.setup.trackers import check_tracker, list_trackers
from integrations.tracker_contract import Finding

_SPEAKS = {
    "ok": (True, "It speaks.", ""),
    "quiet": (
        False,
        "It has been silent for much longer than usual.",
        "Look whether the platform still sends.",
    ),
    "failing": (
        False,
        "Most of its latest deliveries failed.",
        "Look at them on the source's page; put right what is wrong and replay them.",
    ),
    "never": (
        False,
        "Nothing has arrived yet.",
        "Follow the steps of `relay source show`; the platform must reach RELAY_PUBLIC_URL.",
    ),
    "disabled": (False, "It is switched off.", "Switch it on in the dashboard."),
}


async def source_findings(services: Services, source: Source) -> list[Finding]:
    """Settings, secrets and deliveries of a source."""
    found = []
    try:
        platform(source.platform).settings.model_validate(source.settings)
        found.append(Finding("settings", True, "They are complete."))
    except (ValidationError, RelayError):
        found.append(
            Finding(
                "settings",
                False,
                "They are not complete.",
                "Correct them on the source's page in the dashboard.",
            )
        )
    try:
        async with services.database.session() as session:
            count = len(await active_secrets(session, services.vault, source.id))
        if count == 1:
            found.append(Finding("secret", True, "One is in use."))
        elif count:
            found.append(
                Finding("secret", True, f"{count} are accepted while one replaces the other.")
            )
        else:
            found.append(
                Finding(
                    "secret", False, "There is none.", f"Run `relay source rotate {source.name!r}`."
                )
            )
    except RelayError as error:
        found.append(
            Finding(
                "secret", False, error.detail, "Start with the key that the secret was stored with."
            )
        )
    async with services.database.transaction() as connection:
        [health] = await sources(connection, source_id=source.id)
    ok, detail, remedy = _SPEAKS[health.status]
    found.append(Finding("deliveries", ok, detail, remedy))
    return found


async def tracker_findings(services: Services, tracker: Tracker) -> list[Finding]:
    """What the tracker itself answers, and whether pushing to it is paused."""
    found = []
    if not tracker.enabled:
        found.append(
            Finding(
                "enabled",
                False,
                "It is switched off.",
                f"Run `relay tracker set {tracker.name!r} --enable`.",
            )
        )
    try:
        async with services.database.session() as session:
            allow = services.settings.allow_private_addresses
            found += await check_tracker(session, services.vault, tracker.id, allow_private=allow)
    except RelayError as error:
        found.append(
            Finding(
                "credentials",
                False,
                error.detail,
                f"Run `relay tracker set {tracker.name!r} --credentials`.",
            )
        )
    return found


async def product_findings(services: Services, product: Product) -> list[Finding]:
    """Whether a product has what it needs: sources that speak, and a tracker for every kind of
    theme."""
    async with services.database.session() as session:
        its_sources = await list_sources(session, product.id)
        its_trackers = await list_trackers(session, product.id)
    found = []
    if not its_sources:
        add = f"Run `relay source add NAME --platform PLATFORM --product {product.slug}`."
        found.append(Finding("sources", False, "It has none, so nothing can arrive.", add))
    taken = {
        kind for tracker in its_trackers if tracker.enabled for kind in tracker.kinds.split(",")
    }
    for kind in ("bug", "feature"):
        if kind not in taken:
            found.append(
                Finding(
                    "trackers",
                    False,
                    f"No tracker takes themes of the kind {kind}.",
                    f"Run `relay tracker add NAME --type TYPE --product {product.slug} --kinds "
                    f"{kind}`.",
                )
            )
    for source in its_sources:
        found += [
            _named(f"source {source.name}", each)
            for each in await source_findings(services, source)
        ]
    for tracker in its_trackers:
        found += [
            _named(f"tracker {tracker.name}", each)
            for each in await tracker_findings(services, tracker)
        ]
    return found


def _named(thing: str, finding: Finding) -> Finding:
    return Finding(f"{thing}: {finding.subject}", finding.ok, finding.detail, finding.remedy)
