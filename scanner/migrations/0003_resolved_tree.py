import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scanner", "0002_baseline_and_objects"),
    ]

    operations = [
        migrations.CreateModel(
            name="ResolvedTree",
            fields=[
                (
                    "epoch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="resolved_tree",
                        serialize=False,
                        to="scanner.epoch",
                    ),
                ),
                ("sha", models.CharField(max_length=40)),
                ("frozen", models.BinaryField()),
            ],
        ),
        # It is compressed already: PostgreSQL need not try.
        migrations.RunSQL(
            "ALTER TABLE scanner_resolvedtree ALTER COLUMN frozen SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
