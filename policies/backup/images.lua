-- Images: the same one tomorrow as today.
local read = include "read.lua"
local variables = include "variables.lua"

-- What an image is pinned by: "digest", "tag", "latest" (or nothing, which means the same), or nil for no image.
local function pinned_by(image)
  if type(image) ~= "string" or image == "" then return nil end
  if image:find("@sha256:", 1, true) or image:find("@sha512:", 1, true) then return "digest" end
  local tag = image:match ":([^:/]*)$"
  return (not tag or tag == "" or tag == "latest") and "latest" or "tag"
end

local function is_computed(image) return variables.has(image) end

-- Calls check(container) for each container of a Pod or Job, or for a Function whose image is written out.
local function each_image(object, check)
  if object.kind ~= "Function" then
    for container in k8s.containers(object) do check(container) end
  elseif read.map_at(object, "spec") and not ask(object.spec, "image", is_computed) then check(object.spec) end
end

local KINDS = { "Function", "Job", "CronJob", "Pod" }

rule "backup/image-latest" {
  summary = "no image is whatever is latest",
  help    = "An image without a tag, or tagged latest, is another one when it was pushed again: a backup written today may not be " ..
    "readable by " ..
    "what is pulled for the restore. Name a version, better a digest.",
  source  = "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  kinds   = KINDS,
  check   = function(object, report)
    each_image(object, function(container)
      if ask(container, "image", pinned_by) == "latest" then
        report(container, "image", ("the image %s is whatever is latest"):format(container.image),
          { hint = "name a version, better a digest; the operator's own image has that of --option tag" })
      end
    end)
  end,
}

rule "backup/image-pinned" {
  summary  = "every image is pinned by a digest",
  help     = "A tag can be pushed again; a digest is always the same image. Write image: name:tag@sha256:…",
  source   = "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  severity = "warning",
  kinds    = KINDS,
  check    = function(object, report)
    each_image(object, function(container)
      if ask(container, "image", pinned_by) == "tag" then
        report(container, "image", ("the image %s is not pinned by a digest"):format(container.image))
      end
    end)
  end,
}
