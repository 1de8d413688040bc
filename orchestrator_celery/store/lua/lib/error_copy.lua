-- Celery's backend keeps a copy of an error that errbacks are told. The copy is forgotten with the run; `=` before its id
-- says that there is no run of this id.
local function note_copy(node, reference)
  local attempt = 1
  while not reference:find(':', 1, true) do
    local record = redis.call('HGET', ended_key, reference)
    local further = reference_in(record)
    if not further then
      node, attempt = reference, ended_attempt(record)
      break
    end
    reference = further
  end
  redis.call('SADD', inner_key, '=' .. task_id(node, attempt))
end
