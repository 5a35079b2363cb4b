

import accounts.identifiers
import accounts.trail.columns
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_addresses_that_were_told_stay_verified'),
        ('monitoring', '0012_a_feed_has_an_agreed_time'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('tracker', '0006_what_rules_read_of_a_subject_has_its_moment'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('url', models.URLField(max_length=500, verbose_name='address')),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), blank=True, default=list, size=None)),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('disabled_because', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField()),
                ('secret', models.CharField(editable=False, max_length=100)),
                ('previous_secret', models.CharField(default='', editable=False, max_length=100)),
                ('previous_until', models.DateTimeField(editable=False, null=True)),
                ('after_epoch', models.IntegerField(editable=False)),
                ('after_xid', models.BigIntegerField(editable=False)),
                ('after_source', models.PositiveSmallIntegerField(editable=False)),
                ('after_id', models.BigIntegerField(editable=False)),
                ('attempts', models.PositiveIntegerField(default=0, editable=False)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('next_at', models.DateTimeField(editable=False, null=True)),
                ('failing_since', models.DateTimeField(editable=False, null=True)),
                ('last_error', models.CharField(default='', editable=False, max_length=200)),
                ('last_accepted_at', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='tracker.site', verbose_name='site')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpointTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('url', models.URLField(max_length=500, verbose_name='address')),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), blank=True, default=list, size=None)),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('disabled_because', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField()),
                ('previous_until', models.DateTimeField(editable=False, null=True)),
                ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='monitoring.webhookendpoint')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.site', verbose_name='site')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.UniqueConstraint(fields=('site', 'name'), name='one_webhook_per_site_and_name'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webhookendpoint',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "monitoring_webhookendpointtrail" ("created_at", "created_by_id", "disabled_because", "enabled", "events", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "site_id", "url", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."disabled_because", NEW."enabled", NEW."events", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."previous_until", NEW."site_id", NEW."url", NEW."uuid"); RETURN NULL;', hash='48d470ee810f959e5f5d16b779b17bc57870ef6d', operation='INSERT', pgid='pgtrigger_insert_insert_48dae', table='monitoring_webhookendpoint', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webhookendpoint',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."disabled_because" IS DISTINCT FROM (NEW."disabled_because") OR OLD."enabled" IS DISTINCT FROM (NEW."enabled") OR OLD."events" IS DISTINCT FROM (NEW."events") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."previous_until" IS DISTINCT FROM (NEW."previous_until") OR OLD."site_id" IS DISTINCT FROM (NEW."site_id") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "monitoring_webhookendpointtrail" ("created_at", "created_by_id", "disabled_because", "enabled", "events", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "site_id", "url", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."disabled_because", NEW."enabled", NEW."events", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."previous_until", NEW."site_id", NEW."url", NEW."uuid"); RETURN NULL;', hash='f0f5a1348a3e0113ffd7e2457bd68789e2cb4718', operation='UPDATE', pgid='pgtrigger_update_update_ec76f', table='monitoring_webhookendpoint', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webhookendpoint',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "monitoring_webhookendpointtrail" ("created_at", "created_by_id", "disabled_because", "enabled", "events", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "previous_until", "site_id", "url", "uuid") VALUES (OLD."created_at", OLD."created_by_id", OLD."disabled_because", OLD."enabled", OLD."events", OLD."id", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."previous_until", OLD."site_id", OLD."url", OLD."uuid"); RETURN NULL;', hash='bb8f8eea9cd7bcc82a72e67b1c33445cbd9ccfb3', operation='DELETE', pgid='pgtrigger_delete_delete_ad293', table='monitoring_webhookendpoint', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='webhookendpointtrail',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f4db539c6bf0aac73ccb4f0bc81d42790ae649b7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_67954', table='monitoring_webhookendpointtrail', when='BEFORE')),
        ),
    ]
