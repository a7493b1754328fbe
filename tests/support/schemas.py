"""The published schemas of the events, docs/schemas/<routing key>.v1.json."""

import functools
import json

import jsonschema

from .stack import ROOT

FOLDER = ROOT / "docs" / "schemas"


@functools.lru_cache(maxsize=None)
def validator_of(routing_key):
    schema = json.loads((FOLDER / f"{routing_key}.v1.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.FormatChecker(formats=["uuid"])
    return jsonschema.Draft202012Validator(schema, format_checker=checker)


def check_schema(routing_key, body):
    """Raises AssertionError with what is wrong. Fields that the schema does not name are wrong, too: what is published
    is documented."""
    validator = validator_of(routing_key)
    wrong = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(body)]
    unknown = set(body) - set(validator.schema["properties"])
    assert not wrong and not unknown, f"{routing_key}: {wrong or ''} {'undocumented ' + str(unknown) if unknown else ''}"
