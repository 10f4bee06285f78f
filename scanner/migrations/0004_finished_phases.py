from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scanner", "0003_resolved_tree"),
    ]

    operations = [
        migrations.AddField(
            model_name="repository",
            name="finished_phases",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
