"""The shared devices of wards, PINs, and who may come back by one."""

import accounts.identifiers
import accounts.trail.columns
import accounts.trail.operations
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_where_they_belong'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('tracker', '0001_the_record'),
    ]

    operations = [
        accounts.trail.operations.CreateTable(
            name='Pin',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='pin', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('hash', models.CharField(editable=False, max_length=128)),
                ('set_at', models.DateTimeField(editable=False)),
            ],
            options={
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_pintrail" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "user_id") VALUES (_pgh_attach_context(), NOW(), \'insert\', NEW."user_id", NEW."set_at", NEW."user_id"); RETURN NULL;', hash='8b9985a06b88dd3484e64d6ca0ce076e03c6833b', operation='INSERT', pgid='pgtrigger_insert_insert_e2a34', table='accounts_pin', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."set_at" IS DISTINCT FROM (NEW."set_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))', func='INSERT INTO "accounts_pintrail" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "user_id") VALUES (_pgh_attach_context(), NOW(), \'update\', NEW."user_id", NEW."set_at", NEW."user_id"); RETURN NULL;', hash='32adb02f0f2286e7917f06ede3b97c0c2a75bc9d', operation='UPDATE', pgid='pgtrigger_update_update_d7464', table='accounts_pin', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_pintrail" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "user_id") VALUES (_pgh_attach_context(), NOW(), \'delete\', OLD."user_id", OLD."set_at", OLD."user_id"); RETURN NULL;', hash='3578e49f8188cfb5d5cac770cb94b85b3fa46f8f', operation='DELETE', pgid='pgtrigger_delete_delete_454d8', table='accounts_pin', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='PinTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('set_at', models.DateTimeField(editable=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.pin')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4097ddb60b0524b49db8f9744ab2b4bf84871699', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4887c', table='accounts_pintrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='WardDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('key_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(editable=False)),
                ('expires_at', models.DateTimeField(verbose_name='until')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ward_devices', to='tracker.site', verbose_name='site')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_warddevicetrail" ("created_at", "created_by_id", "expires_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "site_id", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revoked_at", NEW."revoked_by_id", NEW."site_id", NEW."uuid"); RETURN NULL;', hash='50e1b5a89ada5ca77191f601f53a6cda02822543', operation='INSERT', pgid='pgtrigger_insert_insert_c1601', table='accounts_warddevice', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."revoked_by_id" IS DISTINCT FROM (NEW."revoked_by_id") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "accounts_warddevicetrail" ("created_at", "created_by_id", "expires_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "site_id", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revoked_at", NEW."revoked_by_id", NEW."site_id", NEW."uuid"); RETURN NULL;', hash='26b5d2bae447fea4e59b38b036169f69d582df4f', operation='UPDATE', pgid='pgtrigger_update_update_a3e15', table='accounts_warddevice', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_warddevicetrail" ("created_at", "created_by_id", "expires_at", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "site_id", "uuid") VALUES (OLD."created_at", OLD."created_by_id", OLD."expires_at", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."revoked_at", OLD."revoked_by_id", OLD."site_id", OLD."uuid"); RETURN NULL;', hash='26284846ec8021e5dab59f987d498bd94f1a558f', operation='DELETE', pgid='pgtrigger_delete_delete_40eb0', table='accounts_warddevice', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='WardDeviceTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('created_at', models.DateTimeField(editable=False)),
                ('expires_at', models.DateTimeField(verbose_name='until')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_by', models.ForeignKey(db_constraint=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.warddevice')),
                ('revoked_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.site', verbose_name='site')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='924743bd05cc4d030d73d141ccbbbb7bb3957a39', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bd3b9', table='accounts_warddevicetrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('signed_in_at', models.DateTimeField(editable=False)),
                ('ends_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('ended_because', models.CharField(blank=True, choices=[('left', 'signed out'), ('wrong_pins', 'too many wrong PINs'), ('revoked', 'the device was revoked')], editable=False, max_length=12)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('session_key', models.CharField(default='', editable=False, max_length=40)),
                ('auth_hash', models.CharField(editable=False, max_length=128)),
                ('kept', models.TextField(default='', editable=False)),
                ('way_back', models.CharField(default='', editable=False, max_length=300)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='presences', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='presences', to='accounts.warddevice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('device', 'user'), name='one_presence_per_person_and_device'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('signed_in_at'))), name='a_presence_ends_after_it_begins')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_presencetrail" ("device_id", "ended_at", "ended_because", "ends_at", "failures", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "signed_in_at", "user_id", "uuid") VALUES (NEW."device_id", NEW."ended_at", NEW."ended_because", NEW."ends_at", NEW."failures", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."signed_in_at", NEW."user_id", NEW."uuid"); RETURN NULL;', hash='a87c2d479cd9ac4f8f4e6d7a4284f495c3c089ae', operation='INSERT', pgid='pgtrigger_insert_insert_df131', table='accounts_presence', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."device_id" IS DISTINCT FROM (NEW."device_id") OR OLD."ended_at" IS DISTINCT FROM (NEW."ended_at") OR OLD."ended_because" IS DISTINCT FROM (NEW."ended_because") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."failures" IS DISTINCT FROM (NEW."failures") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."signed_in_at" IS DISTINCT FROM (NEW."signed_in_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "accounts_presencetrail" ("device_id", "ended_at", "ended_because", "ends_at", "failures", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "signed_in_at", "user_id", "uuid") VALUES (NEW."device_id", NEW."ended_at", NEW."ended_because", NEW."ends_at", NEW."failures", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."signed_in_at", NEW."user_id", NEW."uuid"); RETURN NULL;', hash='571371fbee9550ef20ee24718d89c10e415058f1', operation='UPDATE', pgid='pgtrigger_update_update_316fd', table='accounts_presence', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_presencetrail" ("device_id", "ended_at", "ended_because", "ends_at", "failures", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "signed_in_at", "user_id", "uuid") VALUES (OLD."device_id", OLD."ended_at", OLD."ended_because", OLD."ends_at", OLD."failures", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."signed_in_at", OLD."user_id", OLD."uuid"); RETURN NULL;', hash='19481ef5e46bee3428e3540c2ac0bffa440df156', operation='DELETE', pgid='pgtrigger_delete_delete_56463', table='accounts_presence', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='PresenceTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('signed_in_at', models.DateTimeField(editable=False)),
                ('ends_at', models.DateTimeField(editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('ended_because', models.CharField(blank=True, choices=[('left', 'signed out'), ('wrong_pins', 'too many wrong PINs'), ('revoked', 'the device was revoked')], editable=False, max_length=12)),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.presence')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.warddevice')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7f4f989a95ddba3bd90051ba68910b21ec5ee6b6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_766d6', table='accounts_presencetrail', when='BEFORE'))],
            },
        ),
    ]
