"""What orders tell the house once at start: who sees their files, hears of them, delivers them."""

from __future__ import annotations

from chengguan.accounts.enums import Capability
from chengguan.cases import crossing
from chengguan.files.ports import register_subject
from chengguan.notify.channels import register_channel
from chengguan.notify.ports import register_topic

from .domain.delivering import ISSUED, deliver
from .domain.lending import permit
from .domain.receiving import RECEIPT
from .domain.writing import SUBJECT
from .queries import can_see_order, can_see_receipt


def connect() -> None:
    """Register subjects, topic and channel."""
    register_subject(SUBJECT, can_see_order)
    register_subject(RECEIPT, can_see_receipt)
    register_topic("order", Capability.ORDER)
    crossing.connect(permit=permit)
    register_channel("orders", deliver, topics=[ISSUED])
