"""JMESPath (https://jmespath.org): where in a body something stands. Expressions read and compare,
and cannot loop, so that one that somebody entered always comes to an end."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from integrations.contract import PayloadError


def checked_expression(text: str) -> str:
    """The expression without surrounding space. Raises ValueError for one that cannot be read."""
    text = text.strip()
    if text:
        _compiled(text)
    return text


def found_at(text: str, *places: Any) -> Any:
    """What an expression gives in the first of the places where it gives something; None where it
    gives nothing. Raises PayloadError ``wrong_shape`` where it does not fit what stands there."""
    from jmespath.exceptions import JMESPathError

    if not text:
        return None
    for place in places:
        try:
            value = _compiled(text).search(place)
        except (JMESPathError, TypeError, ValueError) as error:
            problem = " ".join(str(error).split())[:200]
            raise PayloadError(
                "wrong_shape", f"The expression {text[:100]} does not fit this body: {problem}"
            ) from None
        if value not in (None, "", [], {}):
            return value
    return None


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:
    """Raises ValueError."""
    import jmespath  # here: most who list the platforms read no body
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(text)
    except JMESPathError as error:
        place = getattr(error, "lex_position", None)
        where = "" if place is None else f", see character {place + 1}"
        raise ValueError(
            f"is no JMESPath expression{where}; one such as data.text names a field in a field"
        ) from None
