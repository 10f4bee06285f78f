"""What lets `python3 manage.py up` work from a bare checkout: the virtual environment, PostgreSQL, the broker, and the
processes of one Truthline under one Ctrl-C. Nothing in here is used where servers are given by the environment.
"""
