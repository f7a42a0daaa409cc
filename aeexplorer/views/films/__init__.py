"""Films of a training: the map, the reconstructions and the codes at each snapshot."""
