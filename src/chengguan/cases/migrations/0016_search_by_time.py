"""Entries of the search index get marks of time; until they have them lists read cases as before."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_offered")]

    operations = [
        # The worker builds on from the beginning.
        migrations.RunSQL(
            "UPDATE cases_searchstate SET ready = false, built_to = 0",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "ALTER INDEX cases_search_tokens SET (fastupdate = on, gin_pending_list_limit = 512)",
            "ALTER INDEX cases_search_tokens SET (fastupdate = off)",
            state_operations=[
                migrations.RemoveIndex("searchentry", "cases_search_tokens"),
                migrations.AddIndex(
                    "searchentry",
                    GinIndex(
                        fields=["tokens"],
                        name="cases_search_tokens",
                        fastupdate=True,
                        gin_pending_list_limit=512,
                    ),
                ),
            ],
        ),
    ]
