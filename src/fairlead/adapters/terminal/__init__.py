"""The click kit: HTTP client, output formats, exit codes."""
