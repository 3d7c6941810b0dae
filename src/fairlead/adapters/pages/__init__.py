"""The Jinja kit: what a module gives to the console, and how its pages are shown."""
