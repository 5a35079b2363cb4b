"""Keeps those reachable who were: messages went to the address of each active account, unproven.

Their owners are told how it is known (`carried_over`). Accounts that may not sign in were told nothing, and
get no point: whoever comes back proves the address like anybody new.
"""

from django.db import migrations

CARRY_OVER = """
INSERT INTO accounts_contactpoint (uuid, user_id, kind, label, address, secret, created_at, verified_at,
       verified_how, failed_because, code_hash, code_tries)
SELECT gen_random_uuid(), u.id, 'email', left(u.email, 60), u.email, '', statement_timestamp(),
       statement_timestamp(), 'carried_over', '', '', 0
  FROM accounts_user u
 WHERE u.is_active AND u.email <> ''
   AND NOT EXISTS (SELECT 1 FROM accounts_contactpoint p WHERE p.user_id = u.id AND p.kind = 'email')
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_how_people_are_reached")]
    operations = [migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop)]
