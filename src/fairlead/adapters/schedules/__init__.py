"""The schedules kit: cron timetables, and what modules let people schedule."""
