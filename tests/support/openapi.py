"""Holds answers against the gateway's own description (gateway/pages/openapi.json)."""

import json
import pathlib
import re
import urllib.parse

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("uuid")
def is_uuid(text):
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


@FORMATS.checks("date-time")
def is_time(text):
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None


class NotDescribed(AssertionError):
    """An answer that the description does not allow."""


class Description:
    def __init__(self):
        self.spec = json.loads((ROOT / "gateway" / "pages" / "openapi.json").read_text())
        self.routes = [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path) for path in self.spec["paths"]]
        self.seen = set()  # (method, route, status) of all answers checked

    def resolve(self, node):
        while "$ref" in node:
            target = self.spec
            for part in node["$ref"][2:].split("/"):
                target = target[part]
            node = target
        return node

    def route(self, path):
        path = path.split("?")[0]
        return next((route for pattern, route in self.routes if pattern.fullmatch(path)), None)

    def check(self, method, path, status, headers, body):
        """Fails unless the description has this answer. What it does not know must be refused as a problem."""
        route = self.route(path)
        operation = self.spec["paths"].get(route, {}).get("get" if method == "HEAD" else method.lower())
        self.seen.add((method, route, status))
        if operation is None:
            if status not in (400, 404, 405, 414, 429, 431, 503):
                raise NotDescribed(f"{method} {path} is not described, and got {status}")
            response = self.spec["components"]["responses"]["Refused"]
        else:
            responses = operation["responses"]
            if str(status) not in responses and "default" not in responses:
                raise NotDescribed(f"{method} {route} does not describe {status}: {body[:300]!r}")
            response = self.resolve(responses.get(str(status)) or responses["default"])
        self._check_headers(route, response, headers)
        if method != "HEAD":
            self._check_body(f"{method} {route} {status}", response, headers, body)

    def _check_headers(self, route, response, headers):
        if not headers["X-Request-Id"]:
            raise NotDescribed(f"{route}: no X-Request-Id")
        for name, header in response.get("headers", {}).items():
            if name in headers:
                self.validate(headers[name], self.resolve(header)["schema"], f"{route}: {name}")

    def _check_body(self, where, response, headers, body):
        content = response.get("content")
        if content is None:
            if body:
                raise NotDescribed(f"{where}: a body where none is described: {body[:100]!r}")
            return
        media = headers["Content-Type"].split(";")[0]
        if media not in content:
            raise NotDescribed(f"{where}: {media} is not described")
        value = json.loads(body) if media.endswith("json") else body.decode()
        self.validate(value, content[media].get("schema", {}), where)

    def validate(self, value, schema, where):
        # The document itself is the root that references point into.
        validator = jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver("", self.spec), format_checker=FORMATS)
        problem = next(validator.iter_errors(value), None)
        if problem is not None:
            raise NotDescribed(f"{where}: {problem.json_path}: {problem.message}"[:600])

    def accepts(self, value, name):
        """Whether components/schemas/NAME allows this value."""
        try:
            self.validate(value, {"$ref": f"#/components/schemas/{name}"}, name)
            return True
        except NotDescribed:
            return False


DESCRIPTION = Description()


def path_of(template, **variables):
    """The path with its variables filled in, escaped."""
    return template.format(**{name: urllib.parse.quote(str(value), safe="") for name, value in variables.items()})
