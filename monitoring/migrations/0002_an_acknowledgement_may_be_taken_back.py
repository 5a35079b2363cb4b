from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0001_the_watch'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alertlog',
            name='kind',
            field=models.CharField(choices=[('raised', 'raised'), ('worsened', 'worsened'), ('changed', 'evidence changed'), ('cleared', 'cleared'), ('retracted', 'retracted: its source was corrected'), ('unwatched', 'no longer watched'), ('acknowledged', 'acknowledged'), ('undone', 'acknowledgement taken back'), ('assessed', 'assessed'), ('closed', 'closed'), ('seen', 'seen'), ('snoozed', 'snoozed'), ('opted_out', 'escalation opted out'), ('handed_over', 'handed over'), ('moved', 'began at another moment'), ('still_true', 'the promised reading came and it is still true'), ('kept', 'the promised reading came and is normal'), ('explained', 'what explains it changed'), ('joined', 'told with what explains it'), ('alone', 'nothing speaks for it any more: it rings by itself'), ('reactivated', 'true again'), ('woken', 'snooze over'), ('told', 'told to the coordinator'), ('lapsed', 'commitment lapsed'), ('reopened', 'open again'), ('escalated', 'escalated')], max_length=12),
        ),
    ]
