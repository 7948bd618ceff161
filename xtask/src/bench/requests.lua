-- Sends the requests of many people in turn: wrk by itself would be one person with many connections, who waits for
-- themselves. Arguments: a file with a line for each (a Cookie header, "Authorization: …" or "Body: …" of a form; an empty
-- line sends nothing more), then further headers.

local requests, at = {}, 0

-- A refresh token works once. The answer brings the next one, which is asked with after those that wait.
local function follow(body)
  local rest = body:match("^(.*&refresh_token=)")
  function request()
    return table.remove(requests, 1)
  end
  function response(_, _, answer)
    local token = answer:match('"refresh_token":"(.-)"')
    requests[#requests + 1] = wrk.format("POST", nil, nil, rest .. (token or ""))
  end
end

function init(args)
  for index = 2, #args do
    local name, value = args[index]:match("^(.-): (.*)$")
    wrk.headers[name] = value
  end
  for line in io.lines(args[1]) do
    local body, bearer = line:match("^Body: (.*)$"), line:match("^Authorization: (.*)$")
    if body then
      requests[#requests + 1] = wrk.format("POST", nil, nil, body)
      if body:find("&refresh_token=", 1, true) then follow(body) end
    else
      wrk.headers["Authorization"] = bearer or wrk.headers["Authorization"]
      wrk.headers["Cookie"] = not bearer and line ~= "" and line or nil
      requests[#requests + 1] = wrk.format("GET")
    end
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
