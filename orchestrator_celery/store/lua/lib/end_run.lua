-- The end of a run: its status, and the message that tells Celery.
local function end_run(state, reference)
  set_status(state == STATE.succeeded and STATUS.succeeded or STATUS.failed, HEAD.finished, now, HEAD.ref, reference)
  if held then release() end -- callbacks of nodes that ended last
end

local function call_close() -- the message that tells Celery
  queue(PLACE.close, new_live(STATE.queued, first_attempt(PLACE.close), ',', ''), '', 0)
end

local function finish_run(state, reference)
  end_run(state, reference)
  call_close()
end
