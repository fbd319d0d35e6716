"""Cameras and devices may be known before anybody has fixed where they are."""

from django.db import migrations

import chengguan.store.fields


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_versions_are_kept")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="point",
            field=chengguan.store.fields.PointField(
                blank=True, help_text="空为位置待核", null=True, verbose_name="位置"
            ),
        )
        for name in ("camera", "device")
    ]
