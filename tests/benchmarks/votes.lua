-- Sends the requests of a file, one line each: headers, a tab, the body. Each thread has its part.
local threads = {}
function setup(thread) table.insert(threads, thread); thread:set("id", #threads) end
function init(args)
  local name, of, skip = args[1], tonumber(args[2]), tonumber(args[3])
  lines, at, n = {}, 0, 0
  for line in io.open(name):lines() do
    n = n + 1
    if n > skip and n % of == id - 1 then table.insert(lines, line) end
  end
  headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["HX-Request"] = "true" }
  refused = 0
end
function request()
  at = at % #lines + 1
  local cookie, address, body = lines[at]:match("^([^\t]*)\t([^\t]*)\t(.*)$")
  headers["Cookie"], headers["X-Forwarded-For"] = cookie, address
  return wrk.format("POST", wrk.path, headers, body)
end
function response(status) if status ~= 200 then refused = refused + 1 end end
function done(summary, latency)
  local bad = 0
  for _, thread in ipairs(threads) do bad = bad + thread:get("refused") end
  io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    bad + summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout))
end
