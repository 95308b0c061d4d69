-- Why a step failed, in words that name the cause, and what to do about it: for what restic and the kernel say in words of their own.
--
--   reasons.of(step, why, scratch) -> words, advice      why: the line of its log that frame.lua chose; scratch: the folder of all steps
--
-- Where nothing fits, the words are those of the step, and there is no advice.
local reasons = {}

local RESTIC = { backup = true, restore = true }
local FULL = { "no space left on device", "quota exceeded", "quotaexceeded", "minimum free d" }

local function has(text, parts)
  text = text:lower()
  for _, part in ipairs(parts) do
    if text:find(part, 1, true) then return true end
  end
  return false
end

-- What is full: the repository where restic writes there; else a volume that the step writes to, which is likely the scratch space.
local function full(step, why, scratch)
  if step == "backup" and not why:find(scratch, 1, true) then
    return "the repository is full", "make it larger, or remove snapshots with `restic forget --prune`, which needs a little room itself, "
      .. "and run the backup again; the snapshots that are there can still be restored"
  end
  return "no space is left",
    "if it is the scratch space of the steps that is full, make it larger: interimVolumeTemplate, tempDir.sizeLimit"
end

local ROWS = {
  { fits = function(_, why) return has(why, FULL) end, says = full },
  { fits = function(step, why) return RESTIC[step] and has(why, { "already locked" }) end, says = function()
    return "the repository is locked", "run it again when whoever holds the lock is done; each run removes locks that are older than half "
      .. "an hour, and `restic unlock --remove-all` removes any"
  end },
  { fits = function(step, why) return RESTIC[step] and has(why, { "wrong password or no key found" }) end, says = function()
    return "the repository does not open",
      "RESTIC_PASSWORD in the Secret of the Repository must be the one that the repository was made with"
  end },
}

function reasons.of(step, why, scratch)
  for _, row in ipairs(ROWS) do
    if row.fits(step, why) then
      local words, advice = row.says(step, why, scratch)
      return ("%s: %s"):format(words, why), advice
    end
  end
  return why
end

return reasons
