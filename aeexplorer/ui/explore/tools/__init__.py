"""Tools of Explore: find samples, tag them, share the view, choose a slice."""
