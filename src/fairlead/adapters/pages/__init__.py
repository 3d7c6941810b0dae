"""The Jinja kit: what a module gives to the console."""
