"""Give what-if to the shipped posts that plan, where a city installed them before there was any."""

from django.db import migrations

_POSTS = ("supervisor", "supervisor_city", "leader", "leader_city", "leader_street", "system_admin")
_PLAN = "simulation.plan"


def give(apps, schema_editor):
    posts = apps.get_model("accounts", "Post")
    for post in posts.objects.filter(code__in=_POSTS):
        if _PLAN not in post.capabilities:
            post.capabilities = [*post.capabilities, _PLAN]
            post.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [
        ("simulation", "0001_initial"),
        ("accounts", "0002_separation"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
