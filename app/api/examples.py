"""Examples for every request and answer of the description, put together from those of the
schemas."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TYPE_EXAMPLES: dict[str, object] = {
    "string": "text",
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "null": None,
    "object": {},
}
FORMAT_EXAMPLES = {
    "uuid": "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001",
    "date-time": "2026-11-20T12:00:00Z",
    "date": "2026-11-20",
}


def example_of(schema: Schema, schemas: dict[str, Schema]) -> object:
    """A value that fits ``schema``: its own example, its default, or one made of its parts."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    if "properties" in schema:
        return {name: example_of(part, schemas) for name, part in schema["properties"].items()}
    return FORMAT_EXAMPLES.get(
        schema.get("format", ""), TYPE_EXAMPLES[schema.get("type", "object")]
    )


def add_examples(description: Schema) -> None:
    """Give every JSON body of ``description``, of requests and of good answers, an ``example``."""
    schemas = description["components"]["schemas"]
    for schema in schemas.values():
        _restore_nulls(schema)
    for operations in description["paths"].values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                content = body.get("content", {}).get("application/json")
                if content is not None and "schema" in content:
                    content["example"] = example_of(content["schema"], schemas)


def _restore_nulls(schema: Schema) -> None:
    """FastAPI leaves every null out of its description, those of examples too, where a field is
    null on purpose."""
    for example in schema.get("examples", ()):
        for name, part in schema.get("properties", {}).items():
            if name in schema.get("required", ()) and {"type": "null"} in part.get("anyOf", ()):
                example.setdefault(name, None)
