"""The pages of accounts: people, sending systems, the lock of a session."""
