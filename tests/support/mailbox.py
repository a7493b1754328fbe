"""Reads the folder into which the notification service drops its e-mails."""

import email
import email.policy

from .waiting import wait_until


def letters_of(stack, order_id):
    """The e-mails that name the order, parsed."""
    found = []
    for path in sorted(stack.mailbox.rglob("*")) if stack.mailbox.is_dir() else []:
        # A name with a leading dot or .tmp is still being written.
        if not path.is_file() or path.name.startswith(".") or path.suffix == ".tmp":
            continue
        raw = path.read_bytes()
        if order_id.encode() in raw:
            found.append(email.message_from_bytes(raw, policy=email.policy.default))
    return found


def text_of(letter):
    body = letter.get_body(preferencelist=("plain", "html"))
    return f"{letter['Subject']}\n{body.get_content() if body else letter.get_payload()}"


def wait_letter(stack, order_id, seconds=20):
    """The one e-mail about the order."""
    letters = wait_until(lambda: letters_of(stack, order_id), f"the e-mail about {order_id}", seconds)
    assert len(letters) == 1, [text_of(letter) for letter in letters]
    return letters[0]
