"""Users, sending systems, tokens, signatures, the trail and its seals."""

import accounts.identifiers
import accounts.trail.columns
import accounts.trail.operations
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('accounts', '0001_initial'),
    ]

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        # plpgsql looks its tables up when it runs, so the function may come before the table it reads.
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION febris_epoch() RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE AS
                $$ BEGIN RETURN coalesce((SELECT max(id) FROM public.accounts_epoch), 1); END $$;
                CREATE TABLE IF NOT EXISTS febris_cache (
                    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
                );
                CREATE INDEX IF NOT EXISTS febris_cache_expires ON febris_cache (expires);
            """,
            reverse_sql="DROP TABLE IF EXISTS febris_cache; DROP FUNCTION febris_epoch();",
        ),
        accounts.trail.operations.CreateTable(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('table_name', models.TextField()),
                ('columns', models.JSONField()),
                ('from_epoch', models.IntegerField()),
                ('from_xid', accounts.trail.columns.XidField()),
                ('from_id', models.BigIntegerField()),
                ('to_epoch', models.IntegerField()),
                ('to_xid', accounts.trail.columns.XidField()),
                ('to_id', models.BigIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('table_name', 'from_epoch', 'from_xid', 'from_id'), name='seals_of_a_table_are_a_chain')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='6a38c436bfdcc5028f7f72764db70fd8307f6626', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ed234', table='accounts_auditseal', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Client',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('kind', models.CharField(choices=[('bedside', 'Bedside forms'), ('diary', 'Home diary'), ('integration', 'Integration'), ('import', 'Import'), ('display', 'Wall display'), ('system', 'Febris itself')], max_length=20, verbose_name='kind')),
                ('role', models.CharField(blank=True, choices=[('nurse', 'Nurse'), ('charge_nurse', 'Charge nurse'), ('investigator', 'Investigator'), ('safety_coordinator', 'Safety coordinator'), ('auditor', 'Auditor'), ('administrator', 'Administrator'), ('integration', 'Integration'), ('wall_display', 'Wall display')], max_length=30, verbose_name='role')),
                ('identified', models.BooleanField(default=False, verbose_name='may see names')),
                ('is_active', models.BooleanField(default=True, verbose_name='may connect')),
            ],
        ),
        accounts.trail.operations.CreateTable(
            name='Epoch',
            fields=[
                ('id', models.IntegerField(primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField()),
                ('reason', models.TextField()),
            ],
            options={
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7e5116fb8584291bdbdfa4d2e63166bf1448b47c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_adda3', table='accounts_epoch', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='user name')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='one_user_per_user_name_whatever_its_case'), models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='one_user_per_email_address')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_usertrail" ("email", "id", "is_active", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username", "uuid") VALUES (NEW."email", NEW."id", NEW."is_active", NEW."language", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."username", NEW."uuid"); RETURN NULL;', hash='db86d06e9df163219fe3f23ea88a0a76358e8084', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."username" IS DISTINCT FROM (NEW."username") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "accounts_usertrail" ("email", "id", "is_active", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username", "uuid") VALUES (NEW."email", NEW."id", NEW."is_active", NEW."language", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."username", NEW."uuid"); RETURN NULL;', hash='e55e67dcabf6b53574085f7d69350665124221d1', operation='UPDATE', pgid='pgtrigger_update_update_0e890', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_usertrail" ("email", "id", "is_active", "language", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username", "uuid") VALUES (OLD."email", OLD."id", OLD."is_active", OLD."language", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."username", OLD."uuid"); RETURN NULL;', hash='c709547d71813ea26f87328a78b75f8cd2c208ba', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', table='accounts_user', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('prefix', models.CharField(editable=False, max_length=16, verbose_name='begins with')),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('created_at', models.DateTimeField(editable=False)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='last used')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='accounts.client')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_apitokentrail" ("client_id", "created_at", "created_by_id", "expires_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "revoked_at", "scopes", "uuid") VALUES (NEW."client_id", NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."prefix", NEW."revoked_at", NEW."scopes", NEW."uuid"); RETURN NULL;', hash='da0c0a43fa5cfd201908ab3f2e637b5759ccd883', operation='INSERT', pgid='pgtrigger_insert_insert_01b7d', table='accounts_apitoken', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."client_id" IS DISTINCT FROM (NEW."client_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."prefix" IS DISTINCT FROM (NEW."prefix") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid"))', func='INSERT INTO "accounts_apitokentrail" ("client_id", "created_at", "created_by_id", "expires_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "revoked_at", "scopes", "uuid") VALUES (NEW."client_id", NEW."created_at", NEW."created_by_id", NEW."expires_at", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."prefix", NEW."revoked_at", NEW."scopes", NEW."uuid"); RETURN NULL;', hash='04edabe2a7793b700f4f6210ae4f29e31d909a74', operation='UPDATE', pgid='pgtrigger_update_update_df53b', table='accounts_apitoken', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_apitokentrail" ("client_id", "created_at", "created_by_id", "expires_at", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "revoked_at", "scopes", "uuid") VALUES (OLD."client_id", OLD."created_at", OLD."created_by_id", OLD."expires_at", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."prefix", OLD."revoked_at", OLD."scopes", OLD."uuid"); RETURN NULL;', hash='116de0bb23f6c376cec85752677b5c52c47a402b', operation='DELETE', pgid='pgtrigger_delete_delete_6e065', table='accounts_apitoken', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='ApiTokenTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('prefix', models.CharField(editable=False, max_length=16, verbose_name='begins with')),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('created_at', models.DateTimeField(editable=False)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked')),
                ('created_by', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.apitoken')),
                ('client', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.client')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9485ceb4ad609c78d92f6ff0630109c73b52c8c2', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_73d99', table='accounts_apitokentrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='ContactPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('webpush', 'This browser'), ('apprise', 'Messenger or pager')], max_length=10, verbose_name='kind')),
                ('label', models.CharField(max_length=60, verbose_name='name')),
                ('address', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('secret', models.TextField(default='', editable=False)),
                ('created_at', models.DateTimeField(editable=False)),
                ('verified_at', models.DateTimeField(editable=False, null=True)),
                ('verified_how', models.CharField(blank=True, choices=[('code', 'by a code'), ('given', 'with the account')], editable=False, max_length=12)),
                ('failing_since', models.DateTimeField(editable=False, null=True)),
                ('failed_at', models.DateTimeField(editable=False, null=True)),
                ('failed_because', models.CharField(default='', editable=False, max_length=200)),
                ('removed_at', models.DateTimeField(editable=False, null=True)),
                ('last_accepted_at', models.DateTimeField(editable=False, null=True)),
                ('code_hash', models.CharField(default='', editable=False, max_length=64)),
                ('code_sent_at', models.DateTimeField(editable=False, null=True)),
                ('code_tries', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_points', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('failed_at__isnull', True), ('removed_at__isnull', True), ('verified_at__isnull', False)), fields=['user', 'id'], name='points_that_reach')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['email', 'webpush', 'apprise'])), name='a_point_has_a_known_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'email'), models.Q(('address', ''), _negated=True)), models.Q(models.Q(('kind', 'email'), _negated=True), models.Q(('secret', ''), _negated=True)), _connector='OR'), name='a_point_says_where'), models.UniqueConstraint(condition=models.Q(('kind', 'email'), ('removed_at__isnull', True)), fields=('user', 'address'), name='one_point_per_person_and_address')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_contactpointtrail" ("address", "created_at", "failed_at", "failed_because", "failing_since", "id", "kind", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "removed_at", "user_id", "uuid", "verified_at", "verified_how") VALUES (NEW."address", NEW."created_at", NEW."failed_at", NEW."failed_because", NEW."failing_since", NEW."id", NEW."kind", NEW."label", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."removed_at", NEW."user_id", NEW."uuid", NEW."verified_at", NEW."verified_how"); RETURN NULL;', hash='92c9dc39b9a8262b8e86bcce8300ffb8b56f74cb', operation='INSERT', pgid='pgtrigger_insert_insert_2b08e', table='accounts_contactpoint', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."failed_at" IS DISTINCT FROM (NEW."failed_at") OR OLD."failed_because" IS DISTINCT FROM (NEW."failed_because") OR OLD."failing_since" IS DISTINCT FROM (NEW."failing_since") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."removed_at" IS DISTINCT FROM (NEW."removed_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."uuid" IS DISTINCT FROM (NEW."uuid") OR OLD."verified_at" IS DISTINCT FROM (NEW."verified_at") OR OLD."verified_how" IS DISTINCT FROM (NEW."verified_how"))', func='INSERT INTO "accounts_contactpointtrail" ("address", "created_at", "failed_at", "failed_because", "failing_since", "id", "kind", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "removed_at", "user_id", "uuid", "verified_at", "verified_how") VALUES (NEW."address", NEW."created_at", NEW."failed_at", NEW."failed_because", NEW."failing_since", NEW."id", NEW."kind", NEW."label", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."removed_at", NEW."user_id", NEW."uuid", NEW."verified_at", NEW."verified_how"); RETURN NULL;', hash='40d3835818e9b71ca27ca07df2513350e2ee5630', operation='UPDATE', pgid='pgtrigger_update_update_54932', table='accounts_contactpoint', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "accounts_contactpointtrail" ("address", "created_at", "failed_at", "failed_because", "failing_since", "id", "kind", "label", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "removed_at", "user_id", "uuid", "verified_at", "verified_how") VALUES (OLD."address", OLD."created_at", OLD."failed_at", OLD."failed_because", OLD."failing_since", OLD."id", OLD."kind", OLD."label", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."removed_at", OLD."user_id", OLD."uuid", OLD."verified_at", OLD."verified_how"); RETURN NULL;', hash='f685289110c73dba1cde3067e95f617fc022a863', operation='DELETE', pgid='pgtrigger_delete_delete_22330', table='accounts_contactpoint', when='AFTER'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='ContactPointTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('webpush', 'This browser'), ('apprise', 'Messenger or pager')], max_length=10, verbose_name='kind')),
                ('label', models.CharField(max_length=60, verbose_name='name')),
                ('address', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('created_at', models.DateTimeField(editable=False)),
                ('verified_at', models.DateTimeField(editable=False, null=True)),
                ('verified_how', models.CharField(blank=True, choices=[('code', 'by a code'), ('given', 'with the account')], editable=False, max_length=12)),
                ('failing_since', models.DateTimeField(editable=False, null=True)),
                ('failed_at', models.DateTimeField(editable=False, null=True)),
                ('failed_because', models.CharField(default='', editable=False, max_length=200)),
                ('removed_at', models.DateTimeField(editable=False, null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to='accounts.contactpoint')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='772f6fe5dabffe3f3c242a5b667755bbae941ad7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_94f7c', table='accounts_contactpointtrail', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False, unique=True)),
                ('printed_name', models.CharField(max_length=200, verbose_name='name')),
                ('meaning', models.CharField(max_length=200, verbose_name='meaning')),
                ('signed_at', models.DateTimeField(verbose_name='signed')),
                ('table_name', models.CharField(max_length=100)),
                ('row_uuid', models.UUIDField()),
                ('content_hash', models.CharField(max_length=64)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='914259be5abe41607d73ceb6a21ac3c6dc7abd6c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c1684', table='accounts_signature', when='BEFORE'))],
            },
        ),
        accounts.trail.operations.CreateTable(
            name='UserTrail',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField(db_default=accounts.trail.columns.CurrentEpoch(), editable=False)),
                ('xid', accounts.trail.columns.XidField(db_default=accounts.trail.columns.CurrentXid(), db_index=True, editable=False)),
                ('id', models.BigIntegerField()),
                ('uuid', models.UUIDField(default=accounts.identifiers.uuid7, editable=False)),
                ('username', models.CharField(max_length=150, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='user name')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='trail_events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='42d6e6baf5ad3976277e7018ec20d13f75d60e5a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c87ec', table='accounts_usertrail', when='BEFORE'))],
            },
        ),
    ]
