"""A digest or an alert as the HTML of a mail: inline styles, one column, no picture, no script."""

from __future__ import annotations

from jinja2 import DictLoader, Environment, StrictUndefined

from app.digests.digest import Change
from app.digests.message import Message

MAIL_TEMPLATE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{{ message.title }}</title></head>
<body style="margin:0;padding:16px;font:16px/1.5 system-ui,-apple-system,Segoe UI,Arial,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table role="presentation" cellpadding="0" cellspacing="0" style="width:100%;max-width:600px">
<tr><td>
<h1 style="font-size:22px;margin:0">{{ message.title }}</h1>
<p style="margin:0 0 16px;opacity:.75">{{ message.subtitle }}</p>
{% if message.figures %}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">
{% for figure in message.figures %}
<tr><td style="padding:10px 0;border-top:1px solid #9994">
<a href="{{ base_url }}{{ figure.path }}" style="color:inherit">{{ figure.title }}</a><br>
<span style="opacity:.75;font-size:14px">{{ figure.parts }}</span></td>
<td align="right" valign="top" style="padding:10px 0 10px 12px;border-top:1px solid #9994">
<strong style="font-size:20px;white-space:nowrap">{{ figure.value }}</strong><br>
<span style="font-size:13px;{{ styles[figure.change] }}">{{ figure.against }}</span></td></tr>
{% endfor %}
</table>
{% endif %}
{% for section in message.sections %}
<h2 style="font-size:17px;margin:22px 0 4px">{{ section.title }}</h2>
{% if section.lines %}
<ul style="margin:0;padding-left:20px">
{% for line in section.lines %}
<li style="margin-bottom:4px">
{%- if line.path %}<a href="{{ base_url }}{{ line.path }}" style="color:inherit">{% endif -%}
<bdi>{{ line.text }}</bdi>{% if line.path %}</a>{% endif %}
{%- if line.note %} <span style="opacity:.75;font-size:14px"><bdi>{{ line.note }}</bdi></span>
{%- endif %}</li>
{% endfor %}
</ul>
{% if section.more %}<p style="margin:4px 0"><a href="{{ base_url }}{{ section.path }}"
 style="color:inherit">and {{ section.more }} more</a></p>{% endif %}
{% else %}<p style="margin:0;opacity:.75">{{ section.empty }}</p>{% endif %}
{% endfor %}
<p style="margin:24px 0 0"><a href="{{ base_url }}{{ message.path }}"
 style="color:inherit"><strong>Read it on the page</strong></a></p>
<p style="font-size:13px;opacity:.75;border-top:1px solid #9994;padding-top:12px">
{% for note in message.notes %}{{ note }} {% endfor %}
{% if off_url %}<br><a href="{{ off_url }}" style="color:inherit">Send me no more of these</a>
{% endif %}</p>
</td></tr></table></td></tr></table></body></html>
"""
CHANGE_STYLES = {
    Change.better: "font-weight:600",
    Change.worse: "font-weight:600",
    Change.same: "opacity:.75",
    Change.unknown: "opacity:.75",
}
"""No colours: none can be read on white and on what mail programs make of it in the dark."""
MAIL_TEMPLATES = Environment(
    loader=DictLoader({"mail.html": MAIL_TEMPLATE}),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(message: Message, base_url: str, off_url: str = "") -> str:
    """The message as a page of its own; ``off_url`` ends the subscription."""
    return MAIL_TEMPLATES.get_template("mail.html").render(
        message=message, base_url=base_url, off_url=off_url, styles=CHANGE_STYLES
    )
