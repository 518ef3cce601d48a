"""Looks whether sources, trackers and products are set up and work; every finding that is not right
has a remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from app.errors import RelayError
from app.queries import health
from app.running.runtime import Services
from app.running.verdicts import right, still_to_do, under, wrong
from app.setup.platforms import platform
from app.setup.polling import check_polling, poll_state
from app.setup.products import Product
from app.setup.sources import Source, active_secrets, list_sources
from app.setup.trackers import Tracker, check_tracker, list_trackers
from classifiers.kind_words import THEME_KINDS
from integrations.tracker_contract import Finding

DELIVERY_FINDINGS: Mapping[health.SourceStatus, Finding] = {
    health.SourceStatus.ok: right("deliveries", "It speaks."),
    health.SourceStatus.quiet: wrong(
        "deliveries",
        "It has been silent for much longer than usual.",
        "Look whether the platform still sends.",
    ),
    health.SourceStatus.refusing: wrong(
        "deliveries",
        "What arrived last was refused, and nothing has been accepted since.",
        "Its page says why and from where; a wrong secret is put right by `relay source rotate`.",
    ),
    health.SourceStatus.asked: wrong(
        "deliveries",
        "Its webhook is silent: what it should have sent was found by asking.",
        "Look at the webhook on the platform, which may have switched it off.",
    ),
    health.SourceStatus.held: wrong(
        "deliveries",
        "The platform cannot be asked until somebody changes something.",
        "See below what it says.",
    ),
    health.SourceStatus.failing: wrong(
        "deliveries",
        "Most of its latest deliveries failed.",
        "Look at them on the source's page; put right what is wrong and replay them.",
    ),
    health.SourceStatus.never: wrong(
        "deliveries",
        "Nothing has arrived yet.",
        "Follow the steps of `relay source show`; the platform must reach RELAY_PUBLIC_URL.",
    ),
    health.SourceStatus.disabled: wrong(
        "deliveries", "It is switched off.", "Switch it on in the dashboard."
    ),
}


KIND_IN_WORDS: Mapping[str, str] = {"bug": "bug", "feature": "request"}
"""Kinds of theme as people call them (docs/glossary.md)."""


async def source_findings(services: Services, source: Source) -> list[Finding]:
    """Settings, secrets and deliveries of a source."""
    secret = await source_secret_finding(services, source)
    async with services.database.transaction() as connection:
        [source_health] = await health.sources(connection, source_id=source.id)
    findings = [source_settings_finding(source), secret]
    if platform(source.platform).sends:
        findings.append(DELIVERY_FINDINGS[source_health.status])
    return [*findings, *await polling_findings(services, source)]


async def polling_findings(services: Services, source: Source) -> list[Finding]:
    """What the platform answers when it is asked, and why polling waits, if it does."""
    try:
        async with services.database.transaction() as connection:
            findings = await check_polling(
                connection, services.vault, source.id, network=services.settings.network
            )
            state = await poll_state(connection, source.id)
    except RelayError as error:
        remedy = f"Run `relay source credentials {source.name!r}`."
        return [wrong("polling", error.detail, remedy)]
    if state is not None and state.reason and all(finding.ok for finding in findings):
        remedy = f"Run `relay source poll {source.name!r} --now`, or wait: it goes on by itself."
        findings.append(still_to_do("polling", state.detail, remedy))
    return findings


def source_settings_finding(source: Source) -> Finding:
    """Whether the settings of a source are what its platform needs."""
    try:
        platform(source.platform).settings.model_validate(source.settings)
    except (ValidationError, RelayError):
        remedy = "Correct them on the source's page in the dashboard."
        return wrong("settings", "They are not complete.", remedy)
    return right("settings", "They are complete.")


async def source_secret_finding(services: Services, source: Source) -> Finding:
    """Whether a source has secrets that can be read."""
    if not platform(source.platform).sends:
        return right("secret", "It needs none.")
    try:
        async with services.database.transaction() as connection:
            count = len(await active_secrets(connection, services.vault, source.id))
    except RelayError as error:
        remedy = "Start with the key that the secret was stored with."
        return wrong("secret", error.detail, remedy)
    if count == 0:
        return wrong("secret", "There is none.", f"Run `relay source rotate {source.name!r}`.")
    if count == 1:
        return right("secret", "One is in use.")
    return right("secret", f"{count} are accepted while one replaces the other.")


async def tracker_findings(services: Services, tracker: Tracker) -> list[Finding]:
    """What the tracker itself answers, and whether pushing to it is paused."""
    change = f"relay tracker set {tracker.name!r}"
    findings = []
    if not tracker.enabled:
        findings.append(wrong("enabled", "It is switched off.", f"Run `{change} --enable`."))
    try:
        async with services.database.transaction() as connection:
            findings += await check_tracker(
                connection, services.vault, tracker.id, network=services.settings.network
            )
    except RelayError as error:
        findings.append(wrong("credentials", error.detail, f"Run `{change} --credentials`."))
    return findings


async def product_findings(services: Services, product: Product) -> list[Finding]:
    """Whether a product has what it needs: sources that speak, and a tracker for every kind of
    theme."""
    async with services.database.transaction() as connection:
        sources = await list_sources(connection, product.id)
        trackers = await list_trackers(connection, product.id)
    findings = []
    if not sources:
        remedy = f"Run `relay source add NAME --platform PLATFORM --product {product.slug}`."
        findings.append(wrong("sources", "It has none, so nothing can arrive.", remedy))
    findings += untaken_kinds(product, trackers)
    for source in sources:
        findings += under(f"source {source.name}", await source_findings(services, source))
    for tracker in trackers:
        findings += under(f"tracker {tracker.name}", await tracker_findings(services, tracker))
    return findings


def untaken_kinds(product: Product, trackers: Sequence[Tracker]) -> list[Finding]:
    """The kinds of theme that no tracker of the product takes."""
    enabled = [tracker for tracker in trackers if tracker.enabled]
    taken_kinds = {kind for tracker in enabled for kind in tracker.kinds.split(",")}
    add = f"relay tracker add NAME --type TYPE --product {product.slug}"
    return [
        wrong(
            "trackers",
            f"No tracker takes {KIND_IN_WORDS[kind]}s.",
            f"Run `{add} --kinds {KIND_IN_WORDS[kind]}`.",
        )
        for kind in sorted(THEME_KINDS)
        if kind not in taken_kinds
    ]
