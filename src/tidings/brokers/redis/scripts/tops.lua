#!lua flags=no-writes
-- KEYS: the tops of channels. Answers for each {epoch, offset, id}; all false for a channel without a log.

local answers = {}
for number, key in ipairs(KEYS) do
  answers[number] = redis.call('HMGET', key, 'epoch', 'offset', 'id')
end
return answers
