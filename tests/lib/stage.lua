-- A file of tests with a folder of its own, which is empty when it begins.
--
--   local stage = dofile "tests/lib/stage.lua"("batch: out", ...)     -- what the tests are called, and the folder
--   stage.add("name of a test", function() … end)
--   return stage.run()
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

return function(name, folder)
  assert(folder, "usage: moonstep-lua FILE FOLDER")
  os.execute(("rm -rf %s; mkdir -p %s"):format(shell.quote(folder), shell.quote(folder)))
  local tests, stage = {}, { folder = folder }

  function stage.add(title, f) tests[#tests + 1] = { title, f } end

  -- write(name of a file in the folder, text) -> its path
  function stage.write(file, text)
    shell.write(folder .. "/" .. file, text)
    return folder .. "/" .. file
  end

  function stage.run() return suite.run(name, tests) end

  return stage
end
