"""The pages that need both the record and the watch: board, patient, infusion, vitals, alerts, system."""
