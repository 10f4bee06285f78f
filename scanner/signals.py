"""What the scanner tells others."""

from django.dispatch import Signal

# Sent with `scan` after new numbers of a repository are published and committed. Receivers may come late or twice.
scan_recorded = Signal()
