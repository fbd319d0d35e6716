
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0010_proposals'),
        ('workflow', '0004_open_items_by_instance'),
    ]

    operations = [
        migrations.CreateModel(
            name='PrecedentUse',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('precedent_id', models.BigIntegerField(verbose_name='裁定先例')),
                ('case_id', models.BigIntegerField(verbose_name='案件')),
                ('event_id', models.BigIntegerField(verbose_name='派遣事件')),
                ('unit_id', models.BigIntegerField(verbose_name='单位')),
                ('automatic', models.BooleanField(verbose_name='自动派遣')),
                ('at', models.DateTimeField(verbose_name='时间')),
            ],
            options={
                'verbose_name': '先例适用',
                'verbose_name_plural': '先例适用',
            },
        ),
        migrations.AddField(
            model_name='case',
            name='assisted',
            field=models.JSONField(db_default=[], default=list, verbose_name='已完成的协办单位'),
        ),
        migrations.AddField(
            model_name='case',
            name='assisting',
            field=models.JSONField(db_default=[], default=list, verbose_name='协办单位'),
        ),
        migrations.AddField(
            model_name='case',
            name='await_assist',
            field=models.BooleanField(db_default=False, default=False, verbose_name='协办完成才能结案'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('assisting', []), _negated=True), fields=['assisting'], name='cases_case_assisting', opclasses=['jsonb_path_ops']),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(condition=models.Q(('clock', 'handle')), fields=['unit_id', 'ended_at'], include=('matter_code', 'kind', 'area_code', 'on_time'), name='cases_fact_unit'),
        ),
        migrations.AddIndex(
            model_name='precedentuse',
            index=models.Index(fields=['precedent_id', 'at'], name='cases_precedent_use_of'),
        ),
        migrations.AddConstraint(
            model_name='precedentuse',
            constraint=models.UniqueConstraint(fields=('event_id',), name='cases_precedent_use_once'),
        ),
    ]
