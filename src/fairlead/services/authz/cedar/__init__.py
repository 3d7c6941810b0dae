"""Policies in Cedar; nothing here is imported before a tenant has one."""
