-- Opens a quote: all or nothing, in one script, so nothing comes in between. KEYS[1] is the quote; ARGV: the fingerprint,
-- the quote as JSON, when it expires, the number of locations, the locations (best first), then sku and units of each
-- line. Answers what was decided and, where that was new, place by place: line, location, units.
local known = redis.call("HMGET", KEYS[1], "fingerprint", "state", "quote", "taken")
if known[1] then
  if known[1] ~= ARGV[1] then return { "key_reused" } end
  return { known[2], "replayed", known[3], known[4] }
end
local count = tonumber(ARGV[4])
local function has(sku, location)
  local of = redis.call("HMGET", "position/" .. sku .. "/" .. location, "on_hand", "committed", "held", "quarantined", "safety")
  return of[1] and of[1] - of[2] - of[3] - of[4] - of[5] or 0
end
local taken = {}
for i = 5 + count, #ARGV, 2 do
  local line, sku, lacking = (i - 5 - count) / 2, ARGV[i], tonumber(ARGV[i + 1])
  local stock, whole = {}, nil
  for place = 5, 4 + count do
    local units = has(sku, ARGV[place])
    stock[#stock + 1] = { ARGV[place], units }
    if units >= lacking then
      whole = ARGV[place]
      break
    end
  end
  if whole then
    taken[#taken + 1] = { line, sku, whole, lacking }
  else
    for _, at in ipairs(stock) do
      local some = math.min(lacking, at[2])
      if some > 0 then taken[#taken + 1] = { line, sku, at[1], some } end
      lacking = lacking - math.max(some, 0)
    end
    if lacking > 0 then
      redis.call("HSET", KEYS[1], "fingerprint", ARGV[1], "state", "short")
      return { "short" }
    end
  end
end
local told = {}
for _, of in ipairs(taken) do
  local position = "position/" .. of[2] .. "/" .. of[3]
  redis.call("HINCRBY", position, "held", of[4])
  redis.call("HINCRBY", position, "version", 1)
  told[#told + 1] = of[1] .. " " .. of[3] .. " " .. of[4]
end
local where = table.concat(told, "\n")
redis.call("HSET", KEYS[1], "fingerprint", ARGV[1], "state", "held", "quote", ARGV[2], "taken", where)
redis.call("ZADD", "due", ARGV[3], KEYS[1])
return { "held", "new", "", where }
