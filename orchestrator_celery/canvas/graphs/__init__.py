"""ConditionalGraph: its builder, its definition, its documents and its drawings."""
