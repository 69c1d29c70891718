"""Parts that two or more papers use; one a file."""
