"""Forms of the watch: what people answer to an alert."""
