"""What an operation is, how it may change, and who is admitted next."""
