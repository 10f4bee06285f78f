"""What the scanner tells others."""

from django.dispatch import Signal

# Sent with `scan` after new numbers of a repository are published and committed. Receivers may come late or twice.
scan_recorded = Signal()

# Sent with `scan`, `sha` and `snapshot`, that commit resolved, when a repository that had no numbers shows those of its
# head, before its history is read. Who receives it may not keep the snapshot.
head_shown = Signal()
