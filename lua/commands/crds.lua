-- moonstep crds [KIND]...
local crds = require "documents.crds"
local diag = require "base.diag"
local kinds = require "documents.kinds"
local near = require "base.near"
local value = require "base.value"
local write = require "output.write"

local NAMES = value.keys(kinds.known)

local command = {
  summary = "print CustomResourceDefinitions, for clusters without Stash",
  usage = "moonstep crds [KIND]... [-o FORMAT]",
  text = [[
Prints what a cluster needs to hold Functions, Tasks, Repositories, sessions and so on, or the named kinds alone:

  moonstep crds | kubectl apply --server-side -f -

Where Stash is installed, these are there already: leave them as they are.
]],
  operands = NAMES,
  options = {
    { long = "output", short = "o", kind = "choice", choices = write.formats, default = "yaml", help = "how objects are printed" },
    { long = "help", short = "h", kind = "flag", help = "this text" },
  },
}

function command.run(given, operands, wrong)
  local texts = {}
  for i, kind in ipairs(operands[1] and operands or NAMES) do
    if not kinds.known[kind] then
      local meant = near(kind, NAMES)
      return wrong(("there is no kind %s%s"):format(kind, meant and "; did you mean " .. meant .. "?" or ""))
    end
    texts[i] = write.text(crds.of(kind), given.output)
  end
  local ok, raised = diag.catch(write.all, texts, given.output)
  return ok and 0 or wrong(raised.message)
end

return command
