-- etcd: every key. A restore makes the data directory of a member that does not run, in its claim.
local function etcdctl(words) return 'ETCDCTL_API=3 etcdctl --endpoints "$ENDPOINT" ' .. words end

return {
  name = "etcd", version = "3.5", image = "quay.io/coreos/etcd:v3.5.6", data = "data-etcd-0",
  params = function(site)
    return { endpoint = ("http://%s:%d"):format(site.host, site.port), dataClaim = "data-etcd-0", dataPath = "/var/lib/etcd/member" }
  end,

  environment = function(site)
    return { ENDPOINT = "http://127.0.0.1:" .. site.port, PEER = "http://127.0.0.1:" .. site.port + 10000,
      LISTEN = ("http://%s:%d"):format(site.bind, site.port) }
  end,
  server = function()
    return [=[exec etcd --data-dir /data/member --listen-client-urls "$LISTEN" --advertise-client-urls "$ENDPOINT" \
      --listen-peer-urls "$PEER"]=]
  end,
  ready = function() return etcdctl "endpoint health" end,

  fill = function(site)
    site:client([[for n in $(seq 1 100); do ]] .. etcdctl [[put "key $n" "value $n \$x '\"" || exit 1; done]])
  end,
  state = function(site)
    local all = site:client(etcdctl "get --prefix '' -w fields" .. [[ | grep -E '"(Key|Value)"']])
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
}
