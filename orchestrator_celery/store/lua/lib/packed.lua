-- A composite item of a pool, and the body of a graph's node, come as one value with all below it.
local function unpack_tree(node, packed)
  local pos, own = packed:find('\n', 1, true) + 1, nil
  while pos <= #packed do
    local eol = packed:find('\n', pos, true)
    local path, size = packed:sub(pos, eol - 1):match('^(%S+) (%d+)$')
    local spec = packed:sub(eol + 1, eol + tonumber(size))
    local id = path == '.' and node or node .. '.' .. path
    redis.call('HSET', DEF, id, spec)
    if path == '.' then own = spec end
    pos = eol + tonumber(size) + 1
  end
  return own
end
