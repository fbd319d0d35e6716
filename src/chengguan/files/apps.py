"""Evidence: content-addressed originals and what was derived from them."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """证据文件."""

    name = "chengguan.files"
    label = "files"
    verbose_name = "证据文件"
