"""Uploads: their members, options, limits, and the staging area that formats write to."""
