-- Records of ended nodes: see orchestrator_celery/records/ended.py.
local function put_ended(node, state, attempt, started, owner, rest, short)
  local header = short or table.concat({ state, attempt, started, now, owner }, '|')
  redis.call('HSET', ended_key, node, header .. '\n' .. rest)
  if state ~= STATE.failed then return end
  -- The list of failed nodes helps to find them. It may hold nodes that a retry has taken back: their records decide.
  local parent, index = parent_and_index(node)
  if parent then redis.call('ZADD', root .. KEY.failed, 0, string.format('%s %015.0f', parent, index)) end
end

-- The rest of a composite's record: a reference to its result or error.
local function refer_to(reference) return '@' .. reference end

local function ended_state(record) return record:sub(1, 1) end

local function ended_moment(record) return short_end_moment(record) or record:match('^%u|%d+|[^|]*|(%d+)') end

local function ended_attempt(record) return is_short_end(record) and 1 or tonumber(record:match('^%u|(%d+)')) end

-- The reference in a record; nil where a leaf's payload or a number of skipped leaves follows.
local function reference_in(record)
  local rest = record:find('\n', 1, true) + 1
  return record:sub(rest, rest) == '@' and record:sub(rest + 1) or nil
end
