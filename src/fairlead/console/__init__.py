"""The web console: frame, sheet, log in and overview; modules bring their pages."""
