"""Values of a browser session: page states, selection, user samples, open datasets and runs."""
