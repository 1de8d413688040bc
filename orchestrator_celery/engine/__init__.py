"""Pure decisions: values in, values out. No Redis, no clock, no randomness."""
