"""Coverage by opinion group; and results so far, for plans that show them to everybody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("aggregation", "0005_group_names")]

    operations = [
        migrations.AddField(
            model_name="livefinding",
            name="group_coverage",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="livefinding",
            name="results",
            field=models.JSONField(null=True),
        ),
    ]
