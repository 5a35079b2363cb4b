"""Forms read what people type and say, field by field, what cannot be taken. They store nothing."""
