"""Other systems: receipts, signing, mapping, reconciliation."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """数据交换."""

    name = "chengguan.exchange"
    label = "exchange"
    verbose_name = "数据交换"
