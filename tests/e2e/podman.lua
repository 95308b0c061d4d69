-- The machine of a site that is podman's: `moonstep run --local`, servers in containers, claims as volumes. The podman is that of
-- tests/e2e/machine. The repository is a small file system of its own, for what happens when it is full. See site.lua for what each
-- function is for.
local shell = dofile "tests/lib/shell.lua"
local Site = dofile "tests/e2e/site.lua"

local podman = { name = "podman", host = "127.0.0.1", bind = "127.0.0.1", namespace = "e2e", settings = "" }

local command, quote = Site.command, shell.quote

function podman.open(site)
  site.id, site.volumes = "moonstep-e2e-" .. site.system.name, {}
  command("cd %s && mkdir -m 777 repository data tmp && mount -t tmpfs -o size=24m,mode=0777 tmpfs repository", site.folder)
end

function podman.clear(site)
  shell.run("podman rm -f -t 0 " .. site.id)
  shell.run(("umount -l %s/repository"):format(site.folder))
  for name in pairs(site.volumes) do shell.run("podman volume rm -f " .. name) end
end

-- --- what is stored

function podman.backend(site) return ("{hostPath: {path: %s/repository}, mountPath: /repository}"):format(site.folder) end

-- The folder of a claim, which podman has as a volume; but that of the repository, which is none here.
local function folder_of(site, claim)
  if claim == "repository" then return site.folder .. "/repository" end
  local name = "moonstep-e2e-" .. claim
  if not site.volumes[name] then
    shell.run("podman volume rm -f " .. name) -- of a test that was killed
    command("podman volume create %s", name)
    site.volumes[name] = command("podman volume inspect --format '{{.Mountpoint}}' %s", name)
    command("chmod 777 %s", site.volumes[name])
  end
  return site.volumes[name]
end

function podman.at(site, claim, text) return command("cd %s && %s", folder_of(site, claim), text) end

-- --- the server

-- Names and values as podman takes them.
local function environment(site)
  local words = {}
  for name, v in pairs(site.system.environment and site.system.environment(site) or {}) do
    words[#words + 1] = "-e " .. quote(name .. "=" .. v)
  end
  return table.concat(words, " ")
end

function podman.start_server(site)
  local system = site.system
  shell.run("podman rm -f -t 0 " .. site.id)
  command("%s", ("podman run -d --name %s --network host --user 999:999 -v %s:/data %s %s sh -c %s"):format(site.id,
    system.data and folder_of(site, system.data) or site.folder .. "/data", environment(site), system.image, quote(system.server(site))))
end

function podman.server_log(site) return table.concat({ shell.run("podman logs " .. site.id) }, "\n", 1, 2) end

function podman.stop(site) command("podman rm -f -t 0 %s", site.id) end

function podman.signal(site, name) command("podman kill -s %s %s", name, site.id) end

function podman.line_in_server(site, text) return ("podman exec -i %s sh -c %s"):format(site.id, quote(text)) end

function podman.begin_client(site, text) command("podman exec -d %s sh -c %s", site.id, quote(text)) end

-- --- runs

function podman.line_of(site, direction)
  local path = ("%s/%s.yaml"):format(site.folder, direction)
  shell.write(path, site:text(direction, direction))
  return ("env TMPDIR=%s/tmp %s run --local -f %s --network host --logs --retries 0"):format(site.folder, quote(Site.tool), path)
end

function podman.kill_step() command("podman kill %s", (shell.run "podman ps -q --filter label=moonstep.run"):match "%x+") end

function podman.left(site)
  return (shell.run(("podman ps -a -q --filter label=moonstep.run; find %s/tmp -mindepth 1 ! -name lock ! -name 'moonstep-*'"):format(
    site.folder)))
end

-- What a status would be told in is gone with the run.
function podman.told() return nil end

-- Whether podman starts a container here: a shell of this machine in a folder. If not, why.
function podman.is_possible()
  local _, err, status = shell.run [[
    [ "$(id -u)" = 0 ] || { echo "it takes root, for file systems of its own" >&2; exit 1; }
    command -v podman >/dev/null || { echo "podman is not installed" >&2; exit 1; }
    root=$(mktemp -d) && cp "$(command -v sh)" "$root/sh" && mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root/etc" "$root/run"
    for library in $(ldd "$root/sh" | grep -o '/[^ ]*'); do mkdir -p "$root${library%/*}"; cp "$library" "$root$library"; done
    podman run --rm --network host --rootfs "$root" /sh -c :
    status=$?
    rm -rf "$root"
    exit $status]]
  return status == 0, "podman starts no container here: " .. (err:match "[^\n]*[^%s][^\n]*" or ("it ended with " .. status))
end

function podman.images() end

function podman.set_up() return function() end end

return podman
