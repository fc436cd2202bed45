"""Accounts: passwords, one-time links, sessions, login, users, and the first start."""
