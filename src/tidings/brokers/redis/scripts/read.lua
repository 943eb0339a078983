#!lua flags=no-writes
-- KEYS: a channel's top, its log, and its partition's epoch. ARGV: an offset; how many events after it, at most.
-- Answers {epoch, top's offset, top's id, start's offset, start's id, part}: of the log, the event at the offset, or
-- where the log begins later what it begins with, and what follows. For a channel without a log {epoch}, which is the
-- partition's; nothing where that has none either.

local top = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'id', 'start', 'start_id')
if not top[1] then
  return { redis.call('GET', KEYS[3]) or nil }
end
local from = math.max(tonumber(ARGV[1]), tonumber(top[4]))
top[6] = {}
if from < tonumber(top[2]) then
  top[6] = redis.call('XRANGE', KEYS[2], string.format('%.0f', from), '+', 'COUNT', tonumber(ARGV[2]) + 1)
end
return top
