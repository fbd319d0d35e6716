
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0004_facilities'),
    ]

    operations = [
        migrations.AddField(
            model_name='precedent',
            name='basis',
            field=models.CharField(blank=True, db_default='', max_length=200, verbose_name='依据条款'),
        ),
        migrations.AddField(
            model_name='precedent',
            name='revoke_reason',
            field=models.CharField(blank=True, db_default='', max_length=500, verbose_name='撤销理由'),
        ),
        migrations.AddField(
            model_name='precedent',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='撤销时间'),
        ),
        migrations.AddField(
            model_name='precedent',
            name='revoked_by',
            field=models.CharField(blank=True, db_default='', max_length=40, verbose_name='撤销人'),
        ),
    ]
