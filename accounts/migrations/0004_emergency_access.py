"""Emergency access to a site, what was opened in it, and its review."""

import accounts.identifiers
import accounts.trail.columns
import accounts.trail.operations
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_who_comes_back_to_a_shared_device'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('tracker', '0001_the_record'),
    ]

    operations = [
        accounts.trail.operations.CreateTable(
            name='EmergencyAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('opened_at', models.DateTimeField(editable=False)),
                ('ends_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('reviewed_at', models.DateTimeField(editable=False, null=True)),
                ('justified', models.BooleanField(null=True, verbose_name='justified')),
                ('review_note', models.CharField(default='', max_length=500, verbose_name='note')),
                ('reviewed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to='tracker.site')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['site', '-opened_at'], name='emergencies_of_a_site'), models.Index(condition=models.Q(('reviewed_at__isnull', True)), fields=['site'], name='unreviewed_emergencies')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__regex', '^\\S.{8,}\\S$')), name='an_emergency_has_a_reason'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('opened_at'))), name='an_emergency_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('justified__isnull', True), ('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), models.Q(('justified__isnull', False), ('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='a_review_says_who_when_and_what'), models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(('reviewed_by', models.F('user')), _negated=True), _connector='OR'), name='nobody_reviews_their_own_emergency')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_emergencyaccesstrail" ("ended_at", "ends_at", "id", "justified", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_note", "reviewed_at", "reviewed_by_id", "site_id", "user_id", "uuid") VALUES (NEW."ended_at", NEW."ends_at", NEW."id", NEW."justified", NEW."opened_at", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."review_note", NEW."reviewed_at", NEW."reviewed_by_id", NEW."site_id", NEW."user_id", NEW."uuid"); RETURN NULL;', hash='f669cf086f38bd2dcc87fdeef8cf646b4847c8d7', operation='INSERT', pgid='pgtrigger_insert_insert_261e0', table='accounts_emergencyaccess', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_emergencyaccesstrail" ("ended_at", "ends_at", "id", "justified", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_note", "reviewed_at", "reviewed_by_id", "site_id", "user_id", "uuid") VALUES (NEW."ended_at", NEW."ends_at", NEW."id", NEW."justified", NEW."opened_at", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."review_note", NEW."reviewed_at", NEW."reviewed_by_id", NEW."site_id", NEW."user_id", NEW."uuid"); RETURN NULL;', hash='a458cc945b47e9bbf6beeb45c42269e3337f54be', operation='UPDATE', pgid='pgtrigger_update_update_fb3cd', table='accounts_emergencyaccess', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_emergencyaccesstrail" ("ended_at", "ends_at", "id", "justified", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "review_note", "reviewed_at", "reviewed_by_id", "site_id", "user_id", "uuid") VALUES (OLD."ended_at", OLD."ends_at", OLD."id", OLD."justified", OLD."opened_at", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."reason", OLD."review_note", OLD."reviewed_at", OLD."reviewed_by_id", OLD."site_id", OLD."user_id", OLD."uuid"); RETURN NULL;', hash='9ddef4200fe99954b2b86a5e7a82588308a7f773', operation='DELETE', pgid='pgtrigger_delete_delete_ce61a', table='accounts_emergencyaccess', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='EmergencyAccessTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('opened_at', models.DateTimeField(editable=False)),
                ('ends_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('reviewed_at', models.DateTimeField(editable=False, null=True)),
                ('justified', models.BooleanField(null=True, verbose_name='justified')),
                ('review_note', models.CharField(default='', max_length=500, verbose_name='note')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.emergencyaccess')),
                ('reviewed_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.site')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0b8945acd99e624a6d007758387ee18563f36462', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cd009', table='accounts_emergencyaccesstrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='EmergencyStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=8)),
                ('view', models.CharField(max_length=100)),
                ('path', models.CharField(max_length=200)),
                ('row', models.UUIDField(null=True)),
                ('access', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='accounts.emergencyaccess')),
            ],
            options={
                'indexes': [models.Index(fields=['access', 'at'], name='steps_of_an_emergency')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='e1a9875d2a62fc5747cc95778d0cbb76a62db2bf', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5e292', table='accounts_emergencystep', when='BEFORE'))],
            },
        ),
    ]
