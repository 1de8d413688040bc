-- Additions to the header of a chord: see orchestrator_celery/records/names.py and orchestrator_celery/records/definitions.py.
local function addition_field(node, retries, nesting, count)
  return node .. BESIDE.addition .. retries .. ':' .. nesting .. ':' .. count
end

local function with_size(definition, size)
  return (definition:gsub(' ' .. ATTRIBUTE.size .. '=%d+', ' ' .. ATTRIBUTE.size .. '=' .. size, 1))
end
