"""Running primitives eagerly, in the calling process."""
