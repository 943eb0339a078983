#!lua
-- Append events to logs, announce them, and say where they stand; an event whose id a log holds is not appended again.
-- KEYS, four for each channel: the epoch of its partition, and of the channel the top, the log and the ids.
-- ARGV: an epoch for what has none; bounds of a log: events, bytes, age in milliseconds; seconds that an epoch and a
-- top live; the command to publish with, and the largest event that goes with it; then for each event the number of its
-- channel among those of KEYS, its id and the event itself.
-- Answers for each event {'entry', epoch, offset, id before it or false, milliseconds, event}, where the id before it
-- and the event itself are for a new one and for a known one; or {'error', reason}.

local fresh, most, size_bound, age = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local epoch_life, top_life, publish, announced = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local OVERHEAD, PIECE = 200, 100

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local now_text = text(now)

local function begin(log)
  redis.call('UNLINK', log.log_key, log.ids_key)
  log.epoch = redis.call('GET', log.epoch_key)
  if not log.epoch then
    redis.call('SET', log.epoch_key, fresh, 'EX', epoch_life)
    log.epoch = fresh
  end
  log.offset, log.last, log.size, log.start, log.start_id = 0, '', 0, 0, ''
end

-- A channel's log, as it stands before and between its appends. `oldest` is when its first event was appended, or some
-- time before that.
local function open(number)
  local key = number * 4 - 3
  local log = { epoch_key = KEYS[key], top_key = KEYS[key + 1], log_key = KEYS[key + 2], ids_key = KEYS[key + 3] }
  local top = redis.call('HMGET', log.top_key, 'epoch', 'offset', 'id', 'size', 'start', 'start_id', 'oldest')
  if not top[1] then
    begin(log)
    return log
  end
  log.epoch, log.offset, log.last, log.size = top[1], tonumber(top[2]), top[3], tonumber(top[4])
  log.start, log.start_id, log.oldest = tonumber(top[5]), top[6], tonumber(top[7] or 0)
  if log.offset > log.start and redis.call('EXISTS', log.log_key) == 0 then -- too old, all of it
    log.start, log.start_id, log.size = log.offset, log.last, 0
  end
  return log
end

-- The event of this id as it is in the log: {'i', id, 't', milliseconds, 'd', event}.
local function held(log, id)
  local offset = redis.call('HGET', log.ids_key, id)
  local found = redis.call('XRANGE', log.log_key, offset .. '-0', offset .. '-0')[1]
  if found and found[2][2] == id then
    return offset, found[2]
  end
  redis.call('HDEL', log.ids_key, id)
end

local logs = {}

local function append(number, id, event)
  local log = logs[number] or open(number)
  logs[number] = log
  local offset = text(log.offset + 1)
  if redis.call('HSETNX', log.ids_key, id, offset) == 0 then
    local known, fields = held(log, id)
    if known then
      return { 'entry', log.epoch, known, false, fields[4], fields[6] }
    end
    redis.call('HSET', log.ids_key, id, offset)
  end
  redis.call('XADD', log.log_key, offset .. '-0', 'i', id, 't', now_text, 'd', event)

  local before = log.last
  if log.offset == log.start then
    log.oldest = now
  end
  log.offset, log.last, log.size, log.grown = log.offset + 1, id, log.size + #event + OVERHEAD, true
  local head = log.epoch .. '\n' .. offset .. '\n' .. id .. '\n' .. before .. '\n' .. now_text .. '\n'
  redis.call(publish, log.log_key, #event <= announced and head .. event or head)
  return { 'entry', log.epoch, offset, before, now_text, false }
end

local function fits(log, milliseconds)
  return log.offset - log.start <= most and log.size <= size_bound and milliseconds >= now - age
end

-- Drop the oldest of these events, and what is missing before one of them. Says whether the rest fits.
local function drop(log, entries)
  local ids, fit = {}, false
  for _, entry in ipairs(entries) do
    local offset, fields = tonumber(string.match(entry[1], '^%d+')), entry[2]
    if offset > log.start + 1 then
      log.start, log.start_id = offset - 1, ''
    end
    log.oldest = tonumber(fields[4])
    fit = fits(log, log.oldest)
    if fit then
      break
    end
    log.start, log.start_id, log.size = offset, fields[2], log.size - #fields[6] - OVERHEAD
    ids[#ids + 1] = fields[2]
  end
  if #ids > 0 then
    redis.call('HDEL', log.ids_key, unpack(ids))
  end
  return fit
end

local function trim(log)
  local first, fit = log.start, fits(log, log.oldest)
  while not fit and log.start < log.offset do
    local count = math.min(PIECE, math.max(1, log.offset - log.start - most) + 1)
    local oldest = redis.call('XRANGE', log.log_key, text(log.start + 1) .. '-0', '+', 'COUNT', count)
    if #oldest == 0 then
      log.start, log.start_id, log.size = log.offset, log.last, 0
    end
    fit = drop(log, oldest)
  end
  if log.start > first then
    redis.call('XTRIM', log.log_key, 'MINID', text(log.start + 1))
  end
end

local function close(log)
  trim(log)
  redis.call('HSET', log.top_key, 'epoch', log.epoch, 'offset', text(log.offset), 'id', log.last, 'size',
    text(log.size), 'start', text(log.start), 'start_id', log.start_id, 'oldest', text(log.oldest))
  redis.call('EXPIRE', log.top_key, top_life)
  redis.call('PEXPIRE', log.log_key, age)
  redis.call('PEXPIRE', log.ids_key, age)
end

local answers = {}
for argument = 9, #ARGV, 3 do
  local ok, answer = pcall(append, tonumber(ARGV[argument]), ARGV[argument + 1], ARGV[argument + 2])
  if not ok then
    answer = { 'error', type(answer) == 'table' and answer.err or tostring(answer) }
  end
  answers[#answers + 1] = answer
end
for _, log in pairs(logs) do
  if log.grown then
    close(log)
  end
end
return answers
