-- A call that was made before changes nothing and has the same answer.
if repeated then
  if resend then resend(known) end
  if announce and status then announce(PLACE.close, status, known.moment) end -- the caller may have lost a change
  return { 'ok', effects, unpack(known.answer, 1, known.count) }
end
do
  local first_reply = reply
  reply = function(word, ...)
    local answer = first_reply(word, ...)
    if word == 'ok' then remember(...) end
    return answer
  end
end
