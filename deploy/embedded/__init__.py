"""PostgreSQL and Valkey from PyPI wheels, run by us. Use it through ``deploy.local``."""
