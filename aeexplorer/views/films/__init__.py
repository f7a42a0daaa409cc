"""Films of a training: maps, reconstructions and codes at every snapshot."""
