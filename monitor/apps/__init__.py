"""The programs, and the one place where parts are joined."""
