"""Letters as files, or over SMTP."""
