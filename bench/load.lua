-- wrk's side of load.mjs: sends the requests of a file in turn, starting anywhere, and prints one line of JSON.
local expected
local requests, at = {}, 0
local orders, order = "", 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- args: the file, the status of a good answer, and what the orders of this run begin with: each order gets an
-- Idempotency-Key of its own; without it, none.
function init(args)
  failed = 0
  expected, orders = tonumber(args[2]), args[3]
  for line in io.lines(args[1]) do
    local method, path, key, body = line:match("^(%S+) (%S+) (%S+) (.*)$")
    local headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
    if orders then headers["Idempotency-Key"] = "@order@" end
    local text = wrk.format(method, path, headers, body ~= "" and body or nil)
    if orders then
      local from, to = text:find("@order@", 1, true)
      requests[#requests + 1] = { text:sub(1, from - 1) .. orders, text:sub(to + 1) }
    else
      requests[#requests + 1] = text
    end
  end
  math.randomseed(os.time())
  at = math.random(#requests)
end

function request()
  at = at % #requests + 1
  local one = requests[at]
  if not orders then return one end
  order = order + 1
  return one[1] .. order .. one[2]
end

function response(status)
  if status ~= expected then failed = failed + 1 end
end

function done(summary, latency)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do bad = bad + thread:get("failed") end
  print(string.format('{"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"failed":%d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), bad))
end
