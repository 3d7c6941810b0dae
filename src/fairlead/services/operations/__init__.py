"""Every long-running piece of work: one object, one queue, one feed, one cancel."""
