"""The deliberations that `manage.py demo` plays, written and simulated for Folkmoot."""
