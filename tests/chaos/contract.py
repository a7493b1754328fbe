"""What was promised to the world, as tables: the events, the stories by which an order may be told, the e-mails."""

TEXT, COUNT, AMOUNT = str, int, (int, float)
BASE = {"order_id": TEXT, "item_id": TEXT, "quantity": COUNT, "user_email": TEXT}
# routing key -> exchange, and the fields that the demo's subscribers decode strictly.
EVENTS = {
    "order.created": ("orders", {**BASE, "status": TEXT, "created_at": TEXT}),
    "payment.successful": ("payments", {**BASE, "amount": AMOUNT, "status": TEXT, "message": TEXT,
                                        "processed_at": TEXT}),
    "payment.failed": ("payments", {**BASE, "reason": TEXT, "failed_at": TEXT}),
    "payment.refunded": ("payments", {**BASE, "amount": AMOUNT, "reason": TEXT, "refunded_at": TEXT}),
    "inventory.successful": ("inventory", {**BASE, "message": TEXT, "processed_at": TEXT}),
    "inventory.failed": ("inventory", {**BASE, "reason": TEXT, "failed_at": TEXT}),
    "order.completed": ("orders", BASE),
    "order.cancelled": ("orders", BASE),
    "saga.needs_attention": ("orders", BASE),
}
PAID, GIVEN_BACK = ("order.created", "payment.successful"), ("payment.refunded", "order.cancelled")
COMPLETED = (*PAID, "inventory.successful", "order.completed")
UNPAID = ("order.created", "payment.failed", "order.cancelled")
REFUSED = (*PAID, "inventory.failed", *GIVEN_BACK)
# ending -> the stories it may be told by, and the e-mail's kind by story.
STORIES = {
    "completed": {COMPLETED: "completed"},
    "payment_rejected": {UNPAID: "payment_failed"},
    "payment_unknown": {UNPAID: "payment_failed", (*PAID, *GIVEN_BACK): "refunded"},
    "inventory_rejected": {REFUSED: "refunded"},
    "inventory_unknown": {REFUSED: "refunded"},
    **dict.fromkeys(("cancelled_by_customer", "deadline_exceeded"), {
        ("order.created", "order.cancelled"): "cancelled", (*PAID, *GIVEN_BACK): "cancelled"}),
}
