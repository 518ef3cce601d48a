"""The small language in which rules say what stands in a ticket: text with ``{{ name }}``,
``{% if %}`` and comparisons.

It is Jinja's, cut down to what such a text needs: no loops, calls, attributes or arithmetic. So a
template ends at once, and reads nothing but the names below. Mistakes are sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import Invalid

TEMPLATE_NAMES: Mapping[str, str] = {
    "title": "what the theme is called",
    "kind": "bug or feature",
    "product": "the product's name",
    "people": "how many speak of it",
    "mentions": "how often it was said",
    "tone": "friendly, neutral or unfriendly",
    "hostile": "whether somebody is",
    "platforms": "where it was said, a list",
    "languages": "codes, a list",
    "phrases": "what several people say, a list",
}
TEMPLATE_FILTERS = frozenset({"lower", "upper", "capitalize", "trim", "join", "first", "length"})
TICKET_TEMPLATE_MOST_CHARACTERS = 2_000
FILLED_MOST_CHARACTERS = 10_000
_ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Concat,
    nodes.List,
    nodes.Tuple,
)
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def checked_template(text: str, field_name: str) -> str:
    """A template that can be filled in. Raises Invalid (``template_invalid``)."""
    cleaned = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(cleaned) > TICKET_TEMPLATE_MOST_CHARACTERS:
        limit = f"{TICKET_TEMPLATE_MOST_CHARACTERS:,}"
        raise _invalid(field_name, f"it is longer than {limit} characters")
    try:
        tree = _ENVIRONMENT.parse(cleaned)
    except TemplateSyntaxError as error:
        problem = f"it cannot be read (line {error.lineno}): {error.message}"
        raise _invalid(field_name, problem) from None
    except RecursionError:
        raise _invalid(field_name, "it is nested too deeply") from None
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name) and node.name not in TEMPLATE_NAMES:
            names = ", ".join(TEMPLATE_NAMES)
            raise _invalid(field_name, f"there is no {node.name[:40]!r}; use {names}")
        if isinstance(node, nodes.Filter) and node.name not in TEMPLATE_FILTERS:
            filters = ", ".join(sorted(TEMPLATE_FILTERS))
            raise _invalid(field_name, f"there is no filter {node.name[:40]!r}; use {filters}")
        if not isinstance(node, _ALLOWED_NODES):
            node_name = type(node).__name__.lower()
            raise _invalid(field_name, f"it holds what is not allowed here ({node_name[:40]})")
    return cleaned


def filled(template: str, values: Mapping[str, Any], field_name: str) -> str:
    """What a template says of these values, without space around. Raises Invalid
    (``template_invalid``) where the values do not allow it, such as text compared with a number."""
    try:
        text = _compiled(template).render(values)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise _invalid(field_name, f"it cannot be filled in: {str(error)[:200]}") from None
    return text.strip()[:FILLED_MOST_CHARACTERS]


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def _invalid(field_name: str, why: str) -> Invalid:
    sentence = f"The template of {field_name} cannot be used: {why.rstrip('.')}."
    return Invalid(sentence, reason="template_invalid")
