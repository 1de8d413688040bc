"""The Lua scripts: their texts, and the calls that run them."""
