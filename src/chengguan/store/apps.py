"""How hot rows reach PostgreSQL: id blocks, multi-row inserts, native points."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """数据写入."""

    name = "chengguan.store"
    label = "store"
    verbose_name = "数据写入"
