#!lua
-- Append events to logs, announce them, and say where they stand; an event whose id a log holds is not appended again.
-- KEYS, four for each event: the epoch of its partition, and of its channel the top, the log and the ids.
-- ARGV: an epoch for what has none; bounds of a log: events, bytes, age in milliseconds; seconds that an epoch and a
-- top live; the command to publish with, and the largest event that goes with it; then for each event its id and the
-- event itself.
-- Answers for each event {'entry', epoch, offset, id before it or false, milliseconds, event}, where the id before it
-- and the event itself are for a new one and for a known one; or {'error', reason}.

local fresh, most, size_bound, age = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local epoch_life, top_life, publish, announced = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local OVERHEAD = 200

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function begin(epoch_key, log_key, ids_key)
  redis.call('UNLINK', log_key, ids_key)
  local epoch = redis.call('GET', epoch_key)
  if not epoch then
    redis.call('SET', epoch_key, fresh, 'EX', epoch_life)
    epoch = fresh
  end
  return epoch, 0, '', 0, 0, ''
end

-- The oldest event as it is in the log: {id of the stream, {'i', id, 't', milliseconds, 'd', event}}.
local function at(log_key, offset)
  local id = text(offset) .. '-0'
  return redis.call('XRANGE', log_key, id, id)[1]
end

local function append(epoch_key, top_key, log_key, ids_key, id, event)
  local top = redis.call('HMGET', top_key, 'epoch', 'offset', 'id', 'size', 'start', 'start_id')
  local epoch, offset, last, size, start, start_id = top[1], nil, top[3], nil, nil, top[6]
  if epoch then
    local known = redis.call('HGET', ids_key, id)
    local found = known and at(log_key, tonumber(known))
    if found then
      return { 'entry', epoch, known, false, found[2][4], found[2][6] }
    end
    offset, size, start = tonumber(top[2]), tonumber(top[4]), tonumber(top[5])
  else
    epoch, offset, last, size, start, start_id = begin(epoch_key, log_key, ids_key)
  end

  if offset > start and redis.call('EXISTS', log_key) == 0 then -- too old, all of it
    start, start_id, size = offset, last, 0
  end
  local before = last
  offset, last, size = offset + 1, id, size + #event + OVERHEAD
  redis.call('XADD', log_key, text(offset) .. '-0', 'i', id, 't', text(now), 'd', event)
  redis.call('HSET', ids_key, id, text(offset))

  local first = start
  while start < offset do
    local oldest = at(log_key, start + 1)
    local fields = oldest and oldest[2]
    if fields and offset - start <= most and size <= size_bound and tonumber(fields[4]) >= now - age then
      break
    end
    start = start + 1
    if fields then
      start_id, size = fields[2], size - #fields[6] - OVERHEAD
      redis.call('HDEL', ids_key, fields[2])
    else
      start_id = ''
    end
  end
  if start > first then
    redis.call('XTRIM', log_key, 'MINID', text(start + 1))
  end

  redis.call('HSET', top_key, 'epoch', epoch, 'offset', text(offset), 'id', last, 'size', text(size),
    'start', text(start), 'start_id', start_id)
  redis.call('EXPIRE', top_key, top_life)
  redis.call('PEXPIRE', log_key, age)
  redis.call('PEXPIRE', ids_key, age)

  local head = epoch .. '\n' .. text(offset) .. '\n' .. id .. '\n' .. before .. '\n' .. text(now) .. '\n'
  redis.call(publish, log_key, #event <= announced and head .. event or head)
  return { 'entry', epoch, text(offset), before, text(now), false }
end

local answers = {}
for number = 1, #KEYS / 4 do
  local key, argument = number * 4 - 3, 7 + number * 2
  local ok, answer = pcall(append, KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], ARGV[argument],
    ARGV[argument + 1])
  if not ok then
    answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) }
  end
  answers[number] = answer
end
return answers
