
import chengguan.store.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('command', '0002_roster'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutomaticRule',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('component', '部件'), ('matter', '事项'), ('service', '服务事项')], max_length=10, verbose_name='类别')),
                ('matter_code', chengguan.store.fields.CodeField(db_collation='C', max_length=8, verbose_name='事项')),
                ('area_code', chengguan.store.fields.CodeField(db_collation='C', max_length=15, verbose_name='区域')),
                ('share', models.PositiveSmallIntegerField(default=5, verbose_name='复核比例（%）')),
                ('seed', models.BigIntegerField(verbose_name='抽样种子')),
                ('history_right', models.PositiveIntegerField(verbose_name='开启时历史一致件数')),
                ('history_all', models.PositiveIntegerField(verbose_name='开启时历史件数')),
                ('on_at', models.DateTimeField(verbose_name='开启时间')),
                ('on_by', models.CharField(max_length=40, verbose_name='开启人')),
                ('on_by_id', models.BigIntegerField(null=True, verbose_name='开启人编号')),
                ('off_at', models.DateTimeField(null=True, verbose_name='关闭时间')),
                ('off_by', models.CharField(blank=True, max_length=40, verbose_name='关闭人')),
                ('off_reason', models.CharField(blank=True, max_length=500, verbose_name='关闭理由')),
            ],
            options={
                'verbose_name': '自动派遣规则',
                'verbose_name_plural': '自动派遣规则',
                'constraints': [models.UniqueConstraint(condition=models.Q(('off_at__isnull', True)), fields=('kind', 'matter_code', 'area_code'), name='command_automatic_one_on')],
            },
        ),
        migrations.CreateModel(
            name='AutomaticDispatch',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('case_id', models.BigIntegerField(verbose_name='案件')),
                ('event_id', models.BigIntegerField(unique=True, verbose_name='派遣事件')),
                ('kind', models.CharField(max_length=10, verbose_name='类别')),
                ('matter_code', chengguan.store.fields.CodeField(db_collation='C', max_length=8, verbose_name='事项')),
                ('area_code', chengguan.store.fields.CodeField(db_collation='C', max_length=15, verbose_name='区域')),
                ('unit_id', models.BigIntegerField(verbose_name='单位')),
                ('basis', chengguan.store.fields.CodeField(db_collation='C', max_length=60, verbose_name='依据')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('drawn', models.BooleanField(verbose_name='抽中复核')),
                ('verdict', models.CharField(blank=True, choices=[('', '未复核'), ('right', '一致'), ('wrong', '不一致')], default='', max_length=6, verbose_name='复核结果')),
                ('judged_unit_id', models.BigIntegerField(null=True, verbose_name='复核人选的单位')),
                ('judged_by', models.CharField(blank=True, max_length=40, verbose_name='复核人')),
                ('judged_by_id', models.BigIntegerField(null=True, verbose_name='复核人编号')),
                ('judged_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='复核说明')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='command.automaticrule', verbose_name='自动派遣规则')),
            ],
            options={
                'verbose_name': '自动派遣',
                'verbose_name_plural': '自动派遣',
                'indexes': [models.Index(fields=['rule', 'at'], name='command_automatic_of'), models.Index(fields=['at'], name='command_automatic_at'), models.Index(condition=models.Q(('drawn', True), ('verdict', '')), fields=['at'], name='command_automatic_drawn')],
            },
        ),
    ]
