"""Memberships, and what belongs to a site or reaches a person."""

import accounts.identifiers
import accounts.trail.columns
import accounts.trail.operations
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0002_where_people_belong'),
        ('accounts', '0003_how_people_are_reached'),
        ('accounts', '0004_addresses_that_were_told_stay_verified'),
    ]

    dependencies = [
        ('accounts', '0001_who_may_act'),
        ('tracker', '0001_the_record'),
    ]

    operations = [
        migrations.AddField(
            model_name='client',
            name='site',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clients', to='tracker.site', verbose_name='site'),
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.UniqueConstraint(fields=('site', 'name'), name='one_client_per_site_and_name', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bedside', 'diary', 'integration', 'import', 'display', 'system'])), name='a_client_has_a_known_kind'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='client',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_clienttrail" ("id", "identified", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "uuid") VALUES (NEW."id", NEW."identified", NEW."is_active", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role", NEW."site_id", NEW."uuid"); RETURN NULL;', hash='3bba07308a16df303972cb3dc81a7dfb4be20a26', operation='INSERT', pgid='pgtrigger_insert_insert_ee551', table='accounts_client', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='client',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_clienttrail" ("id", "identified", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "uuid") VALUES (NEW."id", NEW."identified", NEW."is_active", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role", NEW."site_id", NEW."uuid"); RETURN NULL;', hash='940023ffb0b8ffb9e4205da25ebcf80db3564536', operation='UPDATE', pgid='pgtrigger_update_update_674ab', table='accounts_client', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='client',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_clienttrail" ("id", "identified", "is_active", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "uuid") VALUES (OLD."id", OLD."identified", OLD."is_active", OLD."kind", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."role", OLD."site_id", OLD."uuid"); RETURN NULL;', hash='ebf5979bf65b1ff5c78c7048e597f84ef0388ab9', operation='DELETE', pgid='pgtrigger_delete_delete_1d99f', table='accounts_client', when='AFTER')),
        ),
        accounts.trail.operations.CreateTable(
            name='ClientTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('kind', models.CharField(choices=[('bedside', 'Bedside forms'), ('diary', 'Home diary'), ('integration', 'Integration'), ('import', 'Import'), ('display', 'Wall display'), ('system', 'Febris itself')], max_length=20, verbose_name='kind')),
                ('role', models.CharField(blank=True, choices=[('nurse', 'Nurse'), ('charge_nurse', 'Charge nurse'), ('investigator', 'Investigator'), ('safety_coordinator', 'Safety coordinator'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('integration', 'Integration'), ('wall_display', 'Wall display')], max_length=30, verbose_name='role')),
                ('identified', models.BooleanField(default=False, verbose_name='may see names')),
                ('is_active', models.BooleanField(default=True, verbose_name='may connect')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.client')),
                ('site', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.site', verbose_name='site')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c4668edfd9feda63ed7b28e5fdc38f837db4812e', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_717ab', table='accounts_clienttrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('nurse', 'Nurse'), ('charge_nurse', 'Charge nurse'), ('investigator', 'Investigator'), ('safety_coordinator', 'Safety coordinator'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('integration', 'Integration'), ('wall_display', 'Wall display')], max_length=30, verbose_name='role')),
                ('identified', models.BooleanField(default=False, verbose_name='may see names')),
                ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='tracker.site', verbose_name='site')),
                ('study', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='tracker.study', verbose_name='study')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('site__isnull', False), ('role__in', ['administrator', 'auditor']), _connector='OR'), name='only_administrators_and_auditors_are_everywhere'), models.CheckConstraint(condition=models.Q(('role__in', ['nurse', 'charge_nurse', 'investigator', 'safety_coordinator', 'auditor', 'administrator', 'integration', 'wall_display'])), name='a_membership_has_a_known_role'), models.UniqueConstraint(condition=models.Q(('ends_at__isnull', True)), fields=('user', 'role', 'site', 'study'), name='one_open_membership_per_role_and_place', nulls_distinct=False)],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_membershiptrail" ("ends_at", "id", "identified", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "starts_at", "study_id", "user_id") VALUES (NEW."ends_at", NEW."id", NEW."identified", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role", NEW."site_id", NEW."starts_at", NEW."study_id", NEW."user_id"); RETURN NULL;', hash='6063a87cafa89470fce924b9f180f46f2b0d6967', operation='INSERT', pgid='pgtrigger_insert_insert_fc05a', table='accounts_membership', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "accounts_membershiptrail" ("ends_at", "id", "identified", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "starts_at", "study_id", "user_id") VALUES (NEW."ends_at", NEW."id", NEW."identified", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role", NEW."site_id", NEW."starts_at", NEW."study_id", NEW."user_id"); RETURN NULL;', hash='658db7c7102af65a9382aeb0f430b2c3b3a557e5', operation='UPDATE', pgid='pgtrigger_update_update_20ab5', table='accounts_membership', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_membershiptrail" ("ends_at", "id", "identified", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "site_id", "starts_at", "study_id", "user_id") VALUES (OLD."ends_at", OLD."id", OLD."identified", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."role", OLD."site_id", OLD."starts_at", OLD."study_id", OLD."user_id"); RETURN NULL;', hash='b81f66cbf124ccf7a96fadbfc9f628b43dcfbb24', operation='DELETE', pgid='pgtrigger_delete_delete_19a8f', table='accounts_membership', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='MembershipTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('nurse', 'Nurse'), ('charge_nurse', 'Charge nurse'), ('investigator', 'Investigator'), ('safety_coordinator', 'Safety coordinator'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('integration', 'Integration'), ('wall_display', 'Wall display')], max_length=30, verbose_name='role')),
                ('identified', models.BooleanField(default=False, verbose_name='may see names')),
                ('starts_at', models.DateTimeField(blank=True, null=True, verbose_name='from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.membership')),
                ('site', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.site', verbose_name='site')),
                ('study', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.study', verbose_name='study')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='13c88d04d6a1130dcda56f7c48b4fa89e6789e05', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2130f', table='accounts_membershiptrail', when='BEFORE'))],
            },
        ),
    ]
