from django.db import migrations


class Migration(migrations.Migration):
    """Rows of the outbox live for a fifth of a second: vacuum by count, not by share."""

    dependencies = [("notify", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE notify_outboxmessage SET ("
            "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)",
            "ALTER TABLE notify_outboxmessage RESET ("
            "autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
        )
    ]
