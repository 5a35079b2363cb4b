"""The REST doors that need the record and the watch together: vitals with their flags, alerts, the stream."""
