"""The SQL panel: a person's own questions to the database."""
