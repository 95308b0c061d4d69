-- etcd: every key, behind a login. A restore makes the data directory of a member that does not run, in its claim; users are in it. A dump
-- waits for a member that does not go on, for some seconds.
local Site = dofile "tests/e2e/site.lua"

local LOGIN = 'ETCDCTL_USER=root ETCDCTL_PASSWORD="$PASSWORD" '

local function etcdctl(words, login) return (login or "") .. 'ETCDCTL_API=3 etcdctl --endpoints "$ENDPOINT" ' .. words end

return {
  name = "etcd", versions = { { version = "3.5", image = "quay.io/coreos/etcd:v3.5.6" } }, data = "data-etcd-0",
  login = { username = "root", password = Site.PASSWORD },
  params = function(site)
    return { authSecret = "database", endpoint = ("http://%s:%d"):format(site.host, site.port), dataClaim = "data-etcd-0",
      dataPath = "/var/lib/etcd/member" }
  end,

  environment = function(site)
    return { ENDPOINT = "http://127.0.0.1:" .. site.port, PEER = "http://127.0.0.1:" .. site.port + 10000, PASSWORD = site.secret,
      LISTEN = ("http://%s:%d"):format(site.bind, site.port) }
  end,
  server = function()
    return [=[exec etcd --data-dir /data/member --listen-client-urls "$LISTEN" --advertise-client-urls "$ENDPOINT" \
      --listen-peer-urls "$PEER"]=]
  end,
  ready = function() return etcdctl "endpoint health" .. " || " .. etcdctl("endpoint health", LOGIN) end, -- users come with the data

  fill = function(site)
    site:client([[for n in $(seq 1 100); do ]] .. etcdctl [[put "key $n" "value $n \$x '\"" || exit 1; done]])
    site:client(etcdctl [[user add root --new-user-password "$PASSWORD"]] .. " && " .. etcdctl "user grant-role root root" .. " && "
      .. etcdctl "auth enable")
  end,
  state = function(site)
    local all = site:client(etcdctl("get --prefix '' -w fields", LOGIN) .. [[ | grep -E '"(Key|Value)"']])
    assert(select(2, all:gsub('"Key"', "")) == 100, all)
    return all
  end,
  destroy = function(site)
    site:stop()
    site:at("data-etcd-0", "rm -rf member")
  end,
  revive = function(site)
    site:at("data-etcd-0", "chown -R 999:999 member") -- the restore runs as root, this server does not
    site:start()
  end,

  impatient = true, -- etcdctl gives up after five seconds
  hold = function(site) site:signal "STOP" end,
  is_held = function(site) return site:is_connected() end,
  release = function(site) site:signal "CONT" end,

  denied = "authentication failed, invalid user ID or password",
  stopped = " is unhealthy: failed to commit proposal: ",
}
