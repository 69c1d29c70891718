"""The page: a face on the studio. It colors nothing itself."""
