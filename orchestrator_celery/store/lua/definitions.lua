-- Purpose: reads definitions of nodes, wherever they are kept. Reads only.
-- KEYS: 1 root key of the run or signature
-- ARGV: 1.. nodes
-- RETURNS: {'ok', {}, definitions} in the order asked, '' for a node without a definition; possibly a packed tree
-- include: outbox
local found = {}
for i = 1, #ARGV do found[i] = packed_definition_of(ARGV[i]) or '' end
return reply('ok', found)
