-- Sends the requests of many people in turn: wrk by itself would be one person with many connections, who waits for
-- themselves. Arguments: a file with a Cookie header in each line (an empty line sends none), then further headers.

local requests, at = {}, 0

function init(args)
  for index = 2, #args do
    local name, value = args[index]:match("^(.-): (.*)$")
    wrk.headers[name] = value
  end
  for cookie in io.lines(args[1]) do
    wrk.headers["Cookie"] = cookie ~= "" and cookie or nil
    requests[#requests + 1] = wrk.format("GET")
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\n{"requests": %d, "microseconds": %d, "p99_us": %.1f, "refused": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(99), errors.status, failed))
end
