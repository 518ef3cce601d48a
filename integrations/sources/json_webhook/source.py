"""Reads any webhook that sends JSON: you say where in its body the text, the author and the id
stand. Typeform, Tally, Canny, Featurebase, Sentry's user feedback, and Zapier, Make or n8n are
ready to choose.

1. In the program that sends, make a webhook with this address: `{webhook_url}`
2. Its secret, where it takes one: `{secret}`. Where it shows a secret of its own, rotate the secret
   here and paste that one. Zapier, Make and n8n do not sign: let them send the header
   `X-Webhook-Token` with this secret as its value.
3. Choose the sender in this source's settings. For another one choose none, and the scheme and the
   header by which it signs; its documentation says which.
4. Send one event, then open **Try the mapping** on this source's page: it shows what was received
   and what is read of it, with the expressions that you enter, before anything is saved.
5. Save the mapping, and read again what came before.

Expressions are JMESPath (https://jmespath.org): `data.text` is a field in a field,
`answers[?type == 'text'].text` the texts of some entries, `a || b` the first that is there.
Canny's signature covers a number and not the body, so who has seen one request of it can send
others: treat what comes from there accordingly.
"""

from __future__ import annotations

import json
import secrets

from integrations.poll_contract import PolledItem
from integrations.source_contract import Source
from integrations.sources.json_webhook.comments import (
    JSON_EVENT,
    delivery_id,
    event,
    parse,
    visibility,
)
from integrations.sources.json_webhook.schemes import DEFAULT_SCHEME, SIGNING_SCHEMES
from integrations.sources.json_webhook.settings import Settings, json_signature


def sample(settings: Settings) -> PolledItem:
    """A body that nobody sent; what is read of it depends on the mapping."""
    body = {"id": "relay-test", "text": "A test of the way in.", "author": "relay-test"}
    return PolledItem({"content-type": "application/json"}, json.dumps(body).encode())


SOURCE: Source[Settings] = Source(
    name="json_webhook",
    title="Any JSON webhook",
    settings=Settings,
    signature=SIGNING_SCHEMES[DEFAULT_SCHEME],
    signature_of=json_signature,
    handled=frozenset({JSON_EVENT}),
    ignored={"ping": "The sender's own test of the connection."},
    event=event,
    parse=parse,
    visibility=visibility,
    delivery_id=delivery_id,
    guide=__doc__,
    sample=sample,
    no_replies="Nobody knows how an answer would get back there: answer where it was written.",
    new_secret=lambda: secrets.token_urlsafe(32),
)
