"""Losses and lies in what the judge reads beside the databases (see plants.py): the subscriber's log, the customers'
log, the mails."""

import copy
import dataclasses

from .plants_rows import an_order

LOG_PLANTS = {}  # name -> (function, the check that must find it)


def in_the_log(check, name, change):
    """A plant in the subscriber's log: change(deliveries, index of a completed order's second event)."""
    def plant(db):
        order_id = an_order(db, "completed")

        def apply(evidence):
            index = next(i for i, d in enumerate(evidence.deliveries) if (d.order_id, d.sequence) == (order_id, 2))
            change(evidence.deliveries, index)
        return apply
    LOG_PLANTS[name] = (plant, check)


def repeat_changed(deliveries, index):
    deliveries.append(dataclasses.replace(deliveries[index], body=deliveries[index].body + " "))


def come_first(deliveries, index):
    deliveries.insert(0, deliveries.pop(index))


def other_amount(deliveries, index):
    wrong = deliveries[index].body.replace('"amount":', '"amount":9')
    deliveries[index] = dataclasses.replace(deliveries[index], body=wrong)


def tell_another_story(deliveries, index):
    deliveries[index] = dataclasses.replace(deliveries[index], key="payment.failed")


in_the_log("events 1..n in order, none missing", "lose-event", lambda deliveries, index: deliveries.pop(index))
in_the_log("events 1..n in order, none missing", "swap-events", come_first)
in_the_log("a repeated event is the same", "change-a-repeat", repeat_changed)
in_the_log("a strict subscriber reads every event", "other-amount", other_amount)
in_the_log("the story fits the ending", "another-story", tell_another_story)


def told(check, name, change):
    """A plant in the customers' log: change(a purchase that was COMPLETED)."""
    def plant(db):
        order_id = an_order(db, "completed")

        def apply(evidence):
            evidence.purchases = copy.deepcopy(evidence.purchases)
            evidence.purchase_of = {order_id: p for p in evidence.purchases for order_id in p.told}
            change(evidence.purchase_of[order_id])
        return apply
    LOG_PLANTS[name] = (plant, check)


told("a status never changes once it is final", "change-of-mind", lambda p: p.seen.append((200, "CANCELLED")))
told("a status never changes once it is final", "forget-for-a-moment", lambda p: p.seen.insert(0, (404, None)))
told("an accepted cancel is kept", "cancel-forgotten", lambda p: p.cancels.append(202))
told("the same key with another body is refused", "another-body-accepted", lambda p: p.otherwise.append(202))
told("every customer is answered", "no-answer", lambda p: setattr(p, "gave_up", True))
told("the ending fits what was ordered", "declined-and-completed", lambda p: setattr(p, "card", "decline"))


def among_the_letters(name, change):
    """A plant in the mail folder: change(letters), a list of (file name, letter)."""
    LOG_PLANTS[name] = (lambda _: lambda evidence: change(evidence.letters), "one e-mail an order, the right one")


among_the_letters("lose-letter", lambda letters: letters.pop())
among_the_letters("send-a-letter-twice", lambda letters: letters.append(("again.eml", letters[0][1])))
among_the_letters("leave-a-draft", lambda letters: letters.append(("x.eml.draft", letters[0][1])))
