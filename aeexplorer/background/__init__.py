"""Background jobs: child processes that compute maps, metrics and priors, and the cache of open runs."""
