"""Kubernetes' own description of its objects, as python3-kubernetes has it: what in an object is no field of its kind, and
what a field must be and is not. Debian has no kubeconform, and kubectl would ask a cluster."""

import json

from kubernetes import client


def model_of(thing):
    """None of what is not Kubernetes' own, such as the Prometheus operator's."""
    version = thing["apiVersion"].rpartition("/")[2]
    return getattr(client, version[0].upper() + version[1:] + thing["kind"], None)


class _Answer:
    def __init__(self, thing):
        self.data = json.dumps(thing)


def _lost(before, after, path):
    if isinstance(before, dict):
        for name, value in before.items():
            if not isinstance(after, dict) or name not in after:
                yield f"{path}.{name} is not known"
            else:
                yield from _lost(value, after[name], f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after)):
            yield from _lost(one, other, f"{path}[{number}]")
    elif before != after:
        yield f"{path} is {before!r}, and would be read as {after!r}"


def violations(thing):
    """What is lost when the object is read as its kind and written again, or why it cannot be read."""
    api = client.ApiClient()
    try:
        read = api.deserialize(_Answer(thing), model_of(thing).__name__)
    except ValueError as missing:  # a field that must be there is not
        return [str(missing)]
    return list(_lost(thing, api.sanitize_for_serialization(read), thing["kind"]))
