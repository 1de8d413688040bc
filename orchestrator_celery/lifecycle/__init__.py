"""The verbs on runs and signatures: one module a verb, callable from any process."""
