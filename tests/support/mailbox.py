"""Reads the folder into which the notification service drops its e-mails."""

import email
import email.policy
import os

from .waiting import wait_until

_read = {}  # path -> (when it was written, its bytes): audits look through the same folder for every order


def raw_letters(folder):
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(".draft"):  # still being written
                continue
            path = os.path.join(place, name)
            written = os.stat(path).st_mtime_ns
            if _read.get(path, (0, b""))[0] != written:
                with open(path, "rb") as letter:
                    _read[path] = (written, letter.read())
            yield _read[path][1]


def letters_of(stack, order_id):
    """The e-mails that name the order, parsed."""
    return [email.message_from_bytes(raw, policy=email.policy.default)
            for raw in raw_letters(stack.mailbox) if order_id.encode() in raw]


def text_of(letter):
    body = letter.get_body(preferencelist=("plain", "html"))
    return f"{letter['Subject']}\n{body.get_content() if body else letter.get_payload()}"


def wait_letter(stack, order_id, seconds=20):
    """The one e-mail about the order."""
    letters = wait_until(lambda: letters_of(stack, order_id), f"the e-mail about {order_id}", seconds)
    assert len(letters) == 1, [text_of(letter) for letter in letters]
    return letters[0]
