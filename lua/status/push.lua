-- push(base URL of a Pushgateway, job, text) -> true | false, why: adds the metrics to those of the job, as POST does: those of other
-- names stay.
local engine = require "engine.calls"
local http = require "engine.http"
local reasons = require "scripts.reasons"
local requests = require "scripts.requests"

local EVERYWHERE = { "0.0.0.0/0", "::/0" } -- it was named on the command line
local TIMEOUT = 10000 -- milliseconds
local MOST_BODY = 65536
local TRIES = 3

local function escaped(text) return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)) end

local function post(calls, url, text)
  local whole = { url = url, headers = { ["content-type"] = "text/plain; version=0.0.4" }, secrets = {} }
  local address, headers, connect_to = requests.addressed(whole)
  local call, why = calls:begin { method = "POST", url = address, headers = requests.header_lines(headers), connect_to = connect_to,
    body = text, ranges = EVERYWHERE, open = true, connect = reasons.CONNECT, total = TIMEOUT, most = MOST_BODY }
  if not call then return nil, why.message end
  while not call:done() do calls:advance(TIMEOUT) end
  local answer, failure = call:answer()
  call:close()
  if not answer then
    return nil, failure.kind and reasons.of_failure({ url = url, timeout = TIMEOUT }, failure, 1, MOST_BODY) or failure.message
  end
  if answer.status < 300 then return true end
  return false, ("the answer has status %d: %s"):format(answer.status, (answer.body:match "[^\n]*"))
end

return function(base, job, text)
  local url, problem = http.read_url(("%s/metrics/job/%s"):format(base:gsub("/+$", ""), escaped(job)))
  if not url then return false, problem.message end
  local calls, done, why = engine.open(), nil, nil
  for try = 1, TRIES do
    done, why = post(calls, url, text)
    if done ~= nil then break end -- no answer at all may be otherwise soon
    if try < TRIES then http.pause(200 * try) end
  end
  return done == true, why
end
