"""The id sequence of all hot tables, and the revision numbers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="名称"
                    ),
                ),
                ("number", models.BigIntegerField(default=1, verbose_name="修订号")),
            ],
            options={"verbose_name": "修订号", "verbose_name_plural": "修订号"},
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE store_ids INCREMENT BY 1000 START WITH 1000",
            "DROP SEQUENCE store_ids",
        ),
        # A number from a sequence never comes twice, not even after a rollback.
        migrations.RunSQL(
            "CREATE SEQUENCE store_revisions",
            "DROP SEQUENCE store_revisions",
        ),
    ]
