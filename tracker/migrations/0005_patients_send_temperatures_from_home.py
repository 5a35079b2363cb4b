import accounts.identifiers
import accounts.trail.columns
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('tracker', '0004_a_bed_of_an_infusion'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HomeLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('language', models.CharField(max_length=5, verbose_name='language')),
                ('created_at', models.DateTimeField(editable=False)),
                ('opened_at', models.DateTimeField(editable=False, null=True, verbose_name='last opened')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
            ],
        ),
        migrations.CreateModel(
            name='HomeLinkTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('language', models.CharField(max_length=5, verbose_name='language')),
                ('created_at', models.DateTimeField(editable=False)),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='site',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='site',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='site',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='site',
            name='phone',
            field=models.CharField(blank=True, default='', max_length=40, verbose_name='phone for patients at home'),
        ),
        migrations.AddField(
            model_name='sitetrail',
            name='phone',
            field=models.CharField(blank=True, default='', max_length=40, verbose_name='phone for patients at home'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='site',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_sitetrail" ("code", "id", "languages", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "time_zone", "uuid") VALUES (NEW."code", NEW."id", NEW."languages", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."time_zone", NEW."uuid"); RETURN NULL;', hash='5bf4b1f33da889bb5a96bcc4d22f9f7cdb767a7b', operation='INSERT', pgid='pgtrigger_insert_insert_7cc37', table='tracker_site', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='site',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "tracker_sitetrail" ("code", "id", "languages", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "time_zone", "uuid") VALUES (NEW."code", NEW."id", NEW."languages", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."time_zone", NEW."uuid"); RETURN NULL;', hash='107e22c337ea81ad6aecc19eee6ee1f7a5958070', operation='UPDATE', pgid='pgtrigger_update_update_cc2f9', table='tracker_site', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='site',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_sitetrail" ("code", "id", "languages", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "time_zone", "uuid") VALUES (OLD."code", OLD."id", OLD."languages", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."phone", OLD."time_zone", OLD."uuid"); RETURN NULL;', hash='854e2063bbbe4942e3e3bfa7204a24772b4aeb54', operation='DELETE', pgid='pgtrigger_delete_delete_d63ca', table='tracker_site', when='AFTER')),
        ),
        migrations.AddField(
            model_name='homelink',
            name='created_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='homelink',
            name='infusion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='home_links', to='tracker.infusion'),
        ),
        migrations.AddField(
            model_name='homelink',
            name='revoked_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='homelinktrail',
            name='created_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='homelinktrail',
            name='infusion',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='tracker.infusion'),
        ),
        migrations.AddField(
            model_name='homelinktrail',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='homelinktrail',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='tracker.homelink'),
        ),
        migrations.AddField(
            model_name='homelinktrail',
            name='revoked_by',
            field=models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='homelink',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('infusion',), name='one_home_link_per_infusion'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='homelink',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_homelinktrail" ("created_at", "created_by_id", "id", "infusion_id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."id", NEW."infusion_id", NEW."language", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."revoked_at", NEW."revoked_by_id", NEW."uuid"); RETURN NULL;', hash='ec7aafc5495d9caf7cfc954133b30e418a6a7556', operation='INSERT', pgid='pgtrigger_insert_insert_9b375', table='tracker_homelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='homelink',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."infusion_id" IS DISTINCT FROM (NEW."infusion_id") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."revoked_by_id" IS DISTINCT FROM (NEW."revoked_by_id") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "tracker_homelinktrail" ("created_at", "created_by_id", "id", "infusion_id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "uuid") VALUES (NEW."created_at", NEW."created_by_id", NEW."id", NEW."infusion_id", NEW."language", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."revoked_at", NEW."revoked_by_id", NEW."uuid"); RETURN NULL;', hash='4896f9400ac1d45e954d3595ed0a3a6cff30dcf0', operation='UPDATE', pgid='pgtrigger_update_update_a59fa', table='tracker_homelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='homelink',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "tracker_homelinktrail" ("created_at", "created_by_id", "id", "infusion_id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoked_at", "revoked_by_id", "uuid") VALUES (OLD."created_at", OLD."created_by_id", OLD."id", OLD."infusion_id", OLD."language", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."revoked_at", OLD."revoked_by_id", OLD."uuid"); RETURN NULL;', hash='eb4823d1e42d0e7bb80f0fcba95396efc0e87424', operation='DELETE', pgid='pgtrigger_delete_delete_5645a', table='tracker_homelink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='homelinktrail',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='f94dc55ea6f8b0de6afd78f305618216b29b8430', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_39df3', table='tracker_homelinktrail', when='BEFORE')),
        ),
    ]
