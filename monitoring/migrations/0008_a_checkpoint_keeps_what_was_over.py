from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_who_is_on_duty_and_who_is_told")]

    operations = [
        migrations.AddField(
            model_name="checkpoint",
            name="over",
            field=models.TextField(
                default="[]", help_text="Episodes that cleared since the checkpoint before."
            ),
        ),
    ]
