"""From a signature to the tree of definitions that a run consists of."""
