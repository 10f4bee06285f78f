"""The rules: one file, one rule, one class with its documentation. Deleting a file deletes the rule."""
