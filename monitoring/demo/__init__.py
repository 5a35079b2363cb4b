"""The demo: a synthetic study whose patients live in real time. Writes through the services, as doors do."""
