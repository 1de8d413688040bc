-- The audit trail: the root of the keys beside it, which lie in its slot, and the store's clock.
local root, effects = KEYS[1] .. ':{' .. KEYS[1] .. '}', {}
local now = redis.call('TIME')
now = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
local resend, nodes_to_resend, announce, status

local function reply(word, ...) return { word, effects, ... } end
