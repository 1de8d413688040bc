-- When a pool has ended, and how.
local function tolerates(spec, p)
  local tolerated = number(spec, 'tol') or 0
  return p.failed <= (tolerated < 1 and tolerated * p.n or tolerated)
end

local function drained(node, spec, p)
  if waits or p.gone or p.done < p.next or not (p.stopped or (p.next == p.n and (not p.open or p.draining))) then return end
  p.gone = true
  if p.runners > 0 then dismiss_runners(node) end
  if not p.stopped and tolerates(spec, p) then return complete(node, spec, 'S', '*' .. p.n, p.since) end
  local kind = attr(spec, 'k')
  local ref = (kind == 'group' or kind == 'map') and node .. '.' .. p.err or 'swarm:' .. node
  return complete(node, spec, 'F', ref, p.since)
end
