"""What Django's models cannot say: infusions of a patient never overlap, and rows name one patient throughout."""

from django.db import migrations

OBSERVED = (
    "infusionevent",
    "vitalsigns",
    "temperaturelog",
    "symptomreport",
    "intervention",
    "neuroassessment",
    "labresult",
    "responseassessment",
)

# int8range rather than an equality operator: that would need the extension btree_gist.
NO_OVERLAP = """
    ALTER TABLE tracker_infusion ADD CONSTRAINT one_running_infusion_per_patient EXCLUDE USING gist (
        int8range(patient_id, patient_id, '[]') WITH &&,
        tstzrange(started_at, stopped_at) WITH &&
    ) WHERE (started_at IS NOT NULL)
"""
SUBJECTS_PATIENT = """
    ALTER TABLE tracker_infusion ADD CONSTRAINT an_infusion_is_of_its_subjects_patient
        FOREIGN KEY (subject_id, patient_id) REFERENCES tracker_subject (id, patient_id)
        DEFERRABLE INITIALLY DEFERRED
"""
PRODUCTS_PATIENT = """
    ALTER TABLE tracker_cellproduct ADD CONSTRAINT a_product_is_for_its_subjects_patient
        FOREIGN KEY (subject_id, patient_id) REFERENCES tracker_subject (id, patient_id)
        DEFERRABLE INITIALLY DEFERRED
"""
INFUSIONS_PATIENT = """
    ALTER TABLE tracker_{table} ADD CONSTRAINT {table}_is_of_its_infusions_patient
        FOREIGN KEY (infusion_id, patient_id) REFERENCES tracker_infusion (id, patient_id)
        DEFERRABLE INITIALLY DEFERRED
"""


def drop(table: str, constraint: str) -> str:
    return f"ALTER TABLE tracker_{table} DROP CONSTRAINT {constraint}"


class Migration(migrations.Migration):

    dependencies = [("tracker", "0001_the_record")]

    operations = [
        migrations.RunSQL(NO_OVERLAP, drop("infusion", "one_running_infusion_per_patient")),
        migrations.RunSQL(SUBJECTS_PATIENT, drop("infusion", "an_infusion_is_of_its_subjects_patient")),
        migrations.RunSQL(PRODUCTS_PATIENT, drop("cellproduct", "a_product_is_for_its_subjects_patient")),
        *(
            migrations.RunSQL(
                INFUSIONS_PATIENT.format(table=table), drop(table, f"{table}_is_of_its_infusions_patient")
            )
            for table in OBSERVED
        ),
    ]
