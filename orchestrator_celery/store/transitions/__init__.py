"""The state transitions, one module a subject; each calls one Lua script."""
