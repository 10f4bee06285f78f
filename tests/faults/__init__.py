"""Faults on purpose: workers, the database and the broker are killed during a backfill, and nothing may come of it."""
