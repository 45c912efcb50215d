"""The audit: every sign-in, renewal, refusal, take-over, sign-out and export, newest at the top."""
