#!lua
-- Give a channel another epoch, unless its log holds a position that was seen of it.
-- KEYS: the epoch of the partition; the channel's top, log and ids. ARGV: the position's epoch, offset and id; an epoch
-- for what needs one; seconds that an epoch and a top live; the command to publish with.
-- Answers the log's top then: {epoch, offset, id}.

local seen_epoch, seen_offset, seen_id = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local fresh, epoch_life, top_life, publish = ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local top = redis.call('HMGET', KEYS[2], 'epoch', 'offset', 'id', 'start', 'start_id')
if not top[1] then
  local epoch = redis.call('GET', KEYS[1])
  if not epoch then
    epoch = fresh
    redis.call('SET', KEYS[1], epoch, 'EX', epoch_life)
  end
  top = { epoch, '0', '', '0', '' }
end

local function holds()
  local offset, start = tonumber(top[2]), tonumber(top[4])
  if seen_offset == offset then
    return seen_id == top[3]
  elseif seen_offset > offset then
    return false
  elseif seen_offset == start then
    return seen_id == top[5]
  elseif seen_offset < start then
    return true
  end
  local id = string.format('%.0f-0', seen_offset)
  local found = redis.call('XRANGE', KEYS[3], id, id)[1]
  return not found or found[2][2] == seen_id
end

if top[1] ~= seen_epoch or holds() then
  return { top[1], top[2], top[3] }
end
redis.call('UNLINK', KEYS[3], KEYS[4])
redis.call('HSET', KEYS[2], 'epoch', fresh, 'offset', '0', 'id', '', 'size', '0', 'start', '0', 'start_id', '')
redis.call('EXPIRE', KEYS[2], top_life)
redis.call(publish, KEYS[3], fresh .. '\n0\n\n\n0\n')
return { fresh, '0', '' }
