"""Every text format that the store keeps. Python and Lua share the names defined here."""
