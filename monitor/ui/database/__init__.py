"""Care for the database: checks and backups that are followed, cancelled, and end with one sentence."""
