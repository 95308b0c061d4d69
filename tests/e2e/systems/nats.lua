-- NATS JetStream: every message of streams, with its number, time and headers, the holes between them, and how far consumers are. The
-- program `nats` is the tests' own (tests/e2e/images/nats.go). A dump waits for a server that does not go on.
local compare = dofile "tests/lib/compare.lua"
local Site = dofile "tests/e2e/site.lua"

-- Streams and how many messages they hold; and PASSING, in memory, of which there is no backup.
local KEPT = { { "ORDERS", 496 }, { "AUDIT", 50 }, { "KV_settings", 27 } }

local function call(site, subject, body) return site:client(([[nats request --raw '%s' '%s']]):format(subject, body or "")) end

local function must(site, subject, body)
  local answer = call(site, "$JS.API." .. subject, body)
  assert(not answer:find('"error"', 1, true), answer)
  return compare.parse(answer, subject)[1]
end

-- What a consumer has been given, without the time of it, which no backup holds.
local function consumer(site, name)
  local info = must(site, "CONSUMER.INFO." .. name)
  info.delivered.last_active, info.ack_floor.last_active = nil, nil
  return { info.config, info.delivered, info.ack_floor, info.num_pending }
end

-- A stream's settings, its numbers, and a hash over all messages and holes as the server gives them. A server that starts again does not
-- know when the last message was, if that is one of the holes.
local function stream(site, name, count)
  local info = must(site, "STREAM.INFO." .. name, '{"deleted_details": true}')
  info.state.last_ts = nil
  local all = site:client(([=[for n in $(seq %d %d); do
      nats request --raw '$JS.API.STREAM.MSG.GET.%s' "{\"seq\": $n}" || exit 1
    done >/tmp/all; grep -c '"data":' /tmp/all; sha256sum </tmp/all]=]):format(info.state.first_seq, info.state.last_seq, name))
  assert(info.state.messages == count and all:find("^" .. count .. "\n"), name .. " does not hold what was filled in")
  return { info.config, info.state, all }
end

return {
  name = "nats", client_image = "natsio/nats-box:0.14.1",
  versions = {
    { version = "2.9", image = "nats:2.9" },
    { version = "2.10", image = "nats:2.10" },
  },
  login = { username = "admin", password = Site.PASSWORD },
  params = function(site) return { url = ("nats://%s:%d"):format(site.host, site.port), authSecret = "database" } end,

  environment = function(site)
    return { NATS_URL = "nats://127.0.0.1:" .. site.port, NATS_USER = "admin", NATS_PASSWORD = site.secret, PORT = tostring(site.port) }
  end,
  server = function(site)
    return [=[exec nats-server -p "$PORT" --user "$NATS_USER" --pass "$NATS_PASSWORD" -js -sd /data/js -a ]=] .. site.bind
  end,
  ready = function() return [=[nats request --raw '$JS.API.INFO' '' | grep -q '"streams"']=] end,

  fill = function(site)
    must(site, "STREAM.CREATE.ORDERS", [[{"name": "ORDERS", "subjects": ["orders.>"], "storage": "file"}]])
    must(site, "STREAM.CREATE.AUDIT", [[{"name": "AUDIT", "subjects": ["audit"], "storage": "file", "retention": "limits",
      "max_msgs": 50, "description": "the last fifty $(id) \"é\""}]])
    must(site, "STREAM.CREATE.KV_settings", [[{"name": "KV_settings", "subjects": ["$KV.settings.>"], "storage": "file",
      "max_msgs_per_subject": 3, "allow_rollup_hdrs": true, "deny_delete": true}]])
    must(site, "STREAM.CREATE.PASSING", [[{"name": "PASSING", "subjects": ["passing"], "storage": "memory"}]])
    site:client([=[for n in $(seq 1 500); do
      nats request -H "number: $n" -H 'odd: é "x" $(id)' --raw "orders.$((n % 7))" "order $n
        é \"'\\ $(seq 1 "$n" | tr '\n' ' ')" || exit 1
      if [ "$n" -le 80 ]; then nats request --raw audit "entry $n" && nats request --raw "\$KV.settings.$((n % 9))" "$n" || exit 1; fi
    done >/dev/null]=])
    for _, sequence in ipairs { 3, 77, 78, 500 } do must(site, "STREAM.MSG.DELETE.ORDERS", ('{"seq": %d}'):format(sequence)) end
    must(site, "CONSUMER.DURABLE.CREATE.ORDERS.reader",
      [[{"stream_name": "ORDERS", "config": {"durable_name": "reader", "ack_policy": "none", "filter_subject": "orders.2"}}]])
    for _ = 1, 5 do assert(call(site, "$JS.API.CONSUMER.MSG.NEXT.ORDERS.reader"):find "^order ") end
  end,
  state = function(site)
    local found = { consumer(site, "ORDERS.reader") }
    for _, each in ipairs(KEPT) do found[#found + 1] = stream(site, each[1], each[2]) end
    return found
  end,
  destroy = function(site)
    must(site, "STREAM.DELETE.ORDERS")
    must(site, "STREAM.PURGE.AUDIT")
    must(site, "STREAM.DELETE.KV_settings")
    call(site, "audit", "something later")
  end,

  hold = function(site) site:signal "STOP" end,
  is_held = function(site) return site:is_connected() end,
  release = function(site) site:signal "CONT" end,

  denied = "Authorization Violation",
  stopped = "step dump: nats: error",
}
