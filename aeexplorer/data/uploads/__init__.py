"""What a format reads from and writes to: members, options, staged fields, limits."""
