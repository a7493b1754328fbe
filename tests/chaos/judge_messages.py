"""The judge's checks of what the world was told: events and e-mails (see judge.py)."""

import json

from .contract import EVENTS, STORIES


def told_once(deliveries):
    """Repeats dropped, as subscribers are told to: the sequences seen before."""
    seen, kept = set(), []
    for delivery in deliveries:
        if delivery.sequence not in seen:
            seen.add(delivery.sequence)
            kept.append(delivery)
    return kept


def in_order(evidence):
    bad, events = [], evidence.events_of()
    for order_id, deliveries in events.items():
        sequences = [delivery.sequence for delivery in told_once(deliveries)]
        saga = evidence.sagas.get(order_id)
        if saga is None:
            bad.append(f"{order_id}: events without an order")
        elif sequences != list(range(1, saga.event_sequence + 1)):
            bad.append(f"{order_id}: {saga.event_sequence} events were told as {sequences}")
    bad += [f"{order_id}: no event at all" for order_id in evidence.sagas if order_id not in events]
    return len(evidence.deliveries), bad


def repeats_are_equal(evidence):
    bad, first, ids, repeats = [], {}, {}, 0
    for delivery in evidence.deliveries:
        known = first.setdefault((delivery.order_id, delivery.sequence), delivery)
        repeats += known is not delivery
        if delivery != known:
            bad.append(f"{delivery.order_id}: event {delivery.sequence} came again and was another")
        if ids.setdefault(delivery.message_id, known) is not known:
            bad.append(f"{delivery.message_id}: the id of two events")
    return repeats, bad


def stories(evidence):
    bad = []
    for order_id, deliveries in evidence.events_of().items():
        story = tuple(d.key for d in told_once(deliveries) if d.key != "saga.needs_attention")
        saga = evidence.sagas.get(order_id)
        if saga and story not in STORIES.get(saga.ending, {}):
            bad.append(f"{order_id}: {saga.ending}, told as {story}")
    return len(evidence.sagas), bad


def strictly_read(evidence):
    """Each event as a subscriber of the demo would decode it, and saying what was ordered and at what price."""
    bad = []
    for delivery in evidence.deliveries:
        saga, wrong = evidence.sagas.get(delivery.order_id), []
        exchange, fields = EVENTS.get(delivery.key, (None, {}))
        try:
            body = json.loads(delivery.body)
        except ValueError:
            body = {}
        wrong += [name for name, kind in fields.items() if not isinstance(body.get(name), kind) or body[name] is True]
        if exchange != delivery.exchange or not delivery.persistent or delivery.content_type != "application/json":
            wrong.append("exchange, persistence or content type")
        if saga and not wrong:
            line = saga.lines[0]
            right = {"order_id": saga.id, "item_id": line["item_id"], "quantity": line["quantity"],
                     "user_email": saga.user_email, "sequence": delivery.sequence,
                     **({"amount": saga.total_minor / 100} if "amount" in body else {})}
            wrong += [name for name, value in right.items() if body.get(name) != value]
        if wrong:
            bad.append(f"{delivery.order_id}: {delivery.key} is wrong in {wrong}: {delivery.body}")
    return len(evidence.deliveries), bad


def outbox(evidence):
    """Written without a gap, relayed to the end, nothing held back; and every row reached the subscriber as it is."""
    bad = [f"{row.order_id}: event {row.sequence} is held back: {row.reason}" for row in evidence.held]
    positions, heard = {}, {(d.order_id, d.sequence): d for d in evidence.deliveries}
    for row in evidence.outbox:
        positions.setdefault(row.shard, []).append(row.position)
        delivery = heard.pop((row.order_id, row.sequence), None)
        if delivery is None or (delivery.key, delivery.body) != (row.routing_key, row.body):
            bad.append(f"{row.order_id}: event {row.sequence} was stored and {'changed' if delivery else 'never told'}")
    bad += [f"{order_id}: event {sequence} was told and never stored" for order_id, sequence in heard]
    for shard in evidence.shards:
        if positions.get(shard.shard, []) != list(range(1, shard.next_position)):
            bad.append(f"shard {shard.shard}: positions are not 1 to {shard.next_position - 1}")
        if shard.relayed_position != shard.next_position - 1:
            bad.append(f"shard {shard.shard}: relayed to {shard.relayed_position} of {shard.next_position - 1}")
    return len(evidence.outbox), bad


def journal(evidence):
    bad = [f"{saga.id}: version {saga.version}, and {len(evidence.journal.get(saga.id, []))} journal rows or a gap"
           for saga in evidence.sagas.values()
           if evidence.journal.get(saga.id, []) != list(range(1, saga.version + 1))]
    bad += [f"{order_id}: a journal without an order" for order_id in evidence.journal.keys() - evidence.sagas.keys()]
    return sum(map(len, evidence.journal.values())), bad


def letters(evidence):
    """Exactly one an order, to the customer, of the kind that goes with the story; nothing else in the folder."""
    bad, sent, ids = [], {}, {}
    told = {order_id: told_once(deliveries) for order_id, deliveries in evidence.events_of().items()}
    for name, letter in evidence.letters:
        if not name.endswith(".eml") or letter["X-Order-Id"] not in evidence.sagas:
            bad.append(f"{name}: what is that?")
            continue
        sent.setdefault(letter["X-Order-Id"], []).append(letter)
        if ids.setdefault(letter["Message-ID"], name) != name:
            bad.append(f"{name}: has the Message-ID of {ids[letter['Message-ID']]}")
    for saga in evidence.sagas.values():
        mine = sent.get(saga.id, [])
        story = tuple(d.key for d in told.get(saga.id, []) if d.key != "saga.needs_attention")
        kind = STORIES.get(saga.ending, {}).get(story)
        if len(mine) != 1:
            bad.append(f"{saga.id}: {len(mine)} e-mails")
        elif (mine[0]["To"], mine[0]["X-Notification"]) != (saga.user_email, kind):
            bad.append(f"{saga.id}: wanted a mail {kind}, not {mine[0]['X-Notification']} to {mine[0]['To']}")
        elif saga.id not in mine[0].get_content():
            bad.append(f"{saga.id}: the e-mail does not name it")
    return len(evidence.letters), bad


MESSAGE_CHECKS = {
    "events 1..n in order, none missing": in_order,
    "a repeated event is the same": repeats_are_equal,
    "the story fits the ending": stories,
    "a strict subscriber reads every event": strictly_read,
    "the outbox is relayed, to the last row": outbox,
    "the journal has no gap": journal,
    "one e-mail an order, the right one": letters,
}
