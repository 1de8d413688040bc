-- Packed trees of definitions: see orchestrator_celery/records/packed.py.
-- Writes the definitions of a node and of everything below it; returns the definition of the node.
local function unpack_tree(node, packed)
  local position, own = packed:find('\n', 1, true) + 1, nil
  while position <= #packed do
    local line_end = packed:find('\n', position, true)
    local path, size = packed:sub(position, line_end - 1):match('^(%S+) (%d+)$')
    local definition = packed:sub(line_end + 1, line_end + tonumber(size))
    local is_root = path == '.'
    redis.call('HSET', definitions_key, is_root and node or node .. '.' .. path, definition)
    if is_root then own = definition end
    position = line_end + tonumber(size) + 1
  end
  return own
end
