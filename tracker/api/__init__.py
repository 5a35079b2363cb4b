"""The REST doors of the record, and the foundations that all REST doors share. Knows nothing of the watch."""
