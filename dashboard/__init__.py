"""Shows what the scanner found, and remembers what people decide. Also the Django project."""
