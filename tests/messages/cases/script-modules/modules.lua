-- One line a function of the script API, with what it gives.
local function show(what, ...) log.info(what .. " = " .. json.encode({ ... })) end

template "modules" {
  summary = "asks every module",
  render = function(ctx)
    local object = yaml.decode "a: yes\nb: [1, null, x]\nc: ~\n"
    show("yaml.decode", object.a, #object.b, object.b[3], object.c == nil)
    show("yaml.encode", yaml.encode { b = 1, a = { "x", "yes" } })
    show("json.decode", json.decode '{"a": [1, 2.5, true]}'.a)
    show("csv.decode", csv.decode 'name,text\na,"b, ""c"""\nd,e\n')
    local texts = {}
    for i, bytes in ipairs { "", "f", "fo", "foo", "foob", "\0\255\254>?" } do
      texts[i] = base64.encode(bytes)
      if base64.decode(texts[i]) ~= bytes then log.warn(texts[i] .. " is not decoded") end
    end
    show("base64.encode", texts)
    show("base64.decode", base64.decode "Zg=" == nil, base64.decode "Zg==\n" == nil, base64.decode "Z===" == nil, base64.decode "Zg-_" == nil)
    show("base64 secret", tostring(base64.encode(secret "hush-hush")), (pcall(base64.decode, secret "Zg==")))
    show("re.find", re.find("job-2024-11", "(\\d+)-(\\d+)"))
    show("re.find none", re.find("abc", "\\d") == nil)
    show("re.match", re.match("größe: 5", "(\\p{L}+): (\\d)"))
    show("re.match whole", re.match("abc123", "\\d+"))
    local words = {}
    for word in re.gmatch("one two  three", "\\w+") do words[#words + 1] = word end
    show("re.gmatch", words)
    for key, v in re.gmatch("a=1,b=2", "(\\w)=(\\d)") do show("re.gmatch groups", key, v) end
    show("re.gsub", re.gsub("a-b-c", "-(\\w)", "+\\1\\0"))
    show("re.gsub function", re.gsub("a1b22", "\\d+", function(digits) return "<" .. #digits .. ">" end))
    show("re.gsub empty", re.gsub("abc", "x*", "-"))
    local picked = k8s.pick(ctx.task, "kind", "metadata")
    picked.kind = "changed"
    show("k8s.pick", picked)
    show("k8s.copy", k8s.copy(ctx.task.spec))
    show("k8s.valid_name", k8s.valid_name "a-1", k8s.valid_name "-a", k8s.valid_name "A", k8s.valid_name(("a"):rep(64)), k8s.valid_name(1))
    show("k8s.list", k8s.list {})
    show("net.host_and_path", net.host_and_path "https://user@rest.example:8000/a%20b?c#d")
    show("net.host_and_path bad", select(2, net.host_and_path "https://rest.example:port/"))
    local keys = {}
    for key, v in pairs(ctx.task.metadata) do keys[#keys + 1] = key .. "=" .. v end
    show("pairs", keys)
    show("ctx", ctx.direction, ctx.index, ctx.namespace == nil, ctx.options.tag, ctx:find("Task", "pg-nightly").kind, ctx:find("Task", "x") == nil)
    log.warn "a warning"
    local job = k8s.job { metadata = ctx:metadata(), spec = { template = { spec = { containers = ctx:containers(), initContainers = {} } } } }
    for container in k8s.containers(job) do show("k8s.containers", container.name) end
    show("k8s.pod", k8s.pod(job).initContainers == nil, k8s.pod { kind = "Service" } == nil)
    return { job, ctx:claims()[1] }
  end,
}
