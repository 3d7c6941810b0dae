"""The launcher: a small process that starts programs and outlives the server.

Standard library only, and little of that, since it stays in memory.
"""
