"""Gives the posts that an earlier release made what command allows them; a city may take it back."""

from django.db import migrations

GIVEN = {
    "shift_lead": ("command.order", "command.roster", "command.people", "command.wall"),
    "dispatcher": ("command.order", "command.people"),
    "supervisor": ("command.automatic", "command.order", "command.people", "command.wall"),
    "leader": ("command.order", "command.people", "command.wall"),
    "area_chief": ("command.people",),
}
LEVELS = ("", "_city", "_street", "_community")


def give(apps, schema_editor):
    posts = apps.get_model("accounts", "Post").objects
    for code, capabilities in GIVEN.items():
        for post in posts.filter(code__in=[f"{code}{level}" for level in LEVELS]):
            missing = [one for one in capabilities if one not in post.capabilities]
            if missing:
                post.capabilities = [*post.capabilities, *missing]
                post.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_separation")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
