-- reports.html: what stands in a page, whatever is in names and texts; what the browser makes of it is in tests/browser.
local diag = require "base.diag"
local html = require "reports.html"
local pages = dofile "tests/lib/pages.lua"
local report = require "reports.html.run"
local shell = dofile "tests/lib/shell.lua"
local suite = dofile "tests/lib/suite.lua"

local path = os.tmpname()

local read, fill = pages.read, pages.fill

local function text_of(page) return table.concat(page:parts()) end

-- The YAML of a target in a page, and the lines before it.
local function target_of(page, number)
  local row = page.targets[number]
  if row[4] < 0 then return nil end
  local text = fill(page, row[4], row[1], row[2], row, 5)
  local kind, object, count, rest = text:match "^([^\n]*)\n([^\n]*)\n(%d+)\n(.*)$"
  local provenance = {}
  for i = 1, math.tointeger(tonumber(count)) do provenance[i], rest = rest:match "^([^\n]*)\n(.*)$" end
  return rest, kind, object, provenance
end

local function finding(more)
  local d = { rule = "r", severity = "error", message = "m", file = "a.yaml", line = 3, column = 1, object = { kind = "Job", name = "x" } }
  for key, v in pairs(more or {}) do d[key] = v end
  return d
end

local HOSTILE = { "</script>", "<!--", "<script>", "]]>", "\u{2028}\u{2029}", "\u{202e}", "&lt;", "'\"`", "${x}", "{{script}}", "\\u003c",
  "%s%1", "\0\1\127", "\255\254", "日本" }
local ALL = table.concat(HOSTILE, " ")

local tests = {
  { "texts come back byte by byte", function()
    local page, texts = html.new { title = "t" }, {}
    for i, target in ipairs(pages.targets(300)) do
      texts[i] = target.text or ""
      page:target(target)
    end
    local decoded = read(text_of(page))
    for i, text in ipairs(texts) do
      local got, kind, object = target_of(decoded, i)
      suite.equal(got, text)
      suite.equal({ kind, object:sub(1, 5) }, { "Job", "task-" })
    end
    assert(#decoded.plans < 20, #decoded.plans)
  end },
  { "texts of strangers come back too", function()
    local page = html.new { title = "t" }
    local texts = { "a: " .. ALL:gsub("\255\254", "") .. "\n", "", "\n", "a", "a\n\nb\n---\nc", "x: one\n", "x: <0>{0}\n" }
    for _, text in ipairs(texts) do page:target { name = "one", namespace = "x", kind = "Job", object = "one", text = text } end
    local decoded = read(text_of(page))
    for i, text in ipairs(texts) do suite.equal(target_of(decoded, i), text) end
  end },
  { "no name, message or text ends an element", function()
    local all = finding { rule = ALL, message = ALL, hint = ALL, within = ALL, path = ALL, file = ALL,
      object = { kind = ALL, namespace = ALL, name = ALL }, related = { message = ALL, file = ALL },
      waived = { reason = ALL, expires = ALL } }
    local page = html.new { title = ALL, facts = { { ALL, ALL } } }
    page:target { name = ALL, namespace = ALL, kind = ALL, object = ALL, text = ALL, findings = { all, finding { severity = "info" } },
      provenance = { { path = ALL, place = ALL, words = ALL } } }
    page:finding(all)
    local text = text_of(page)
    local plain = text_of(html.new { title = "t" })
    for _, tag in ipairs { "<script", "</script", "<!--", "<style", "</style", "<title", "</title" } do
      suite.equal(select(2, text:gsub(tag, "")), select(2, plain:gsub(tag, "")), tag)
    end
    assert(not text:find "\u{2028}" and not text:find "\u{2029}" and utf8.len(text) and not text:find "%z")
    local decoded = read(text)
    suite.equal({ #decoded.targets, #decoded.findings, decoded.head.severities }, { 1, 3, { 0, 0, 1, 2 } })
    suite.equal(decoded.targets[1][1], diag.visible(ALL))
  end },
  { "the policy names the style and the script by their digests, and nothing else", function()
    local text = text_of(html.new { title = "t" })
    local page = read(text)
    local function source(part)
      shell.write(path, part)
      local line = "sha256sum <%s | cut -c1-64 | tr -d '\\n' | tr a-f A-F | basenc -d --base16 | base64 -w0"
      return "'sha256-" .. io.popen(line:format(path)):read "a" .. "'"
    end
    local policy = "default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'"
    suite.equal(text:match 'Security%-Policy"%s+content="([^"]*)"', policy:format(source(page.script), source(page.style)))
    assert(not text:find "https?://[^w]" and not text:find "[^%w]on%l+=\"" and not text:find 'style="' and not text:find "src=")
    for _, word in ipairs { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval", "Function(", "DOMParser" } do
      assert(not page.script:find(word, 1, true), word)
    end
  end },
  { "counts are of all, and statuses of targets", function()
    local page = html.new { title = "t" }
    page:target { name = "a", text = "a: 1\n---\nb: 1\n", findings = { finding {}, finding { severity = "warning" } }, withheld = true }
    page:target { name = "b", failed = true, findings = { finding { rule = "s" } } }
    page:target { name = "c", text = "a: 1\n", findings = { finding { waived = { reason = "x" } } } }
    page:finding(finding { severity = "info" })
    local head = read(text_of(page)).head
    suite.equal({ head.targets, head.objects, head.statuses, head.severities, head.rules, head.leftOut },
      { 3, 3, { 1, 1, 1 }, { 2, 1, 1, 1 }, { { "r", 1, 1, 1, 1 }, { "s", 1, 0, 0, 0 } }, 0 })
  end },
  { "findings stand behind their target, in order", function()
    local page = html.new { title = "t" }
    page:finding(finding { message = "first" })
    for i = 0, 3 do
      local found = {}
      for k = 1, i do found[k] = finding { message = ("%d of %d"):format(k, i), file = k > 1 and "b.yaml" or nil } end
      page:target { name = "n" .. i, namespace = "s", findings = found }
    end
    local decoded, seen = read(text_of(page)), {}
    for i, row in ipairs(decoded.findings) do
      local name = row[1] >= 0 and decoded.targets[row[1] + 1][1] or ""
      seen[i] = name .. " " .. fill(decoded, row[5], name, "s", row, 6):match "^[^\n]*"
    end
    suite.equal(seen, { " first", "n1 1 of 1", "n2 1 of 2", "n2 2 of 2", "n3 1 of 3", "n3 2 of 3", "n3 3 of 3" })
  end },
  { "a finding's lines are what data.js reads", function()
    local page = html.new { title = "t" }
    page:finding(finding { hint = "h\nh", path = "p", within = "w", object = { kind = "K", namespace = "S", name = "N" },
      related = { message = "rm", file = "r.yaml", line = 4, column = 5 }, waived = { reason = "why", expires = "2027-01-31" } })
    local decoded = read(text_of(page))
    suite.equal(fill(decoded, 0, "", "", decoded.findings[1], 6), "m\nh\\x0ah\na.yaml:3:1\np\nw\nK\nS\nN\nrm\nr.yaml:4:5\nwhy\n2027-01-31")
  end },
  { "provenance stands before the text", function()
    local page = html.new { title = "t" }
    page:target { name = "n", kind = "Job", object = "o", text = "a: 1\n",
      provenance = { { path = "a", place = "f:1:2", words = "w" }, { path = "b\tc", place = "g" } } }
    local text, kind, object, provenance = target_of(read(text_of(page)), 1)
    suite.equal({ text, kind, object, provenance }, { "a: 1\n", "Job", "o", { "a\tf:1:2\tw", "b\\x09c\tg\t" } })
  end },
  { "the same input gives the same bytes", function()
    local function made()
      local page = html.new { title = "t", facts = { { "a", "b" } } }
      for _, target in ipairs(pages.targets(200)) do page:target(target) end
      return text_of(page)
    end
    assert(made() == made())
  end },
  { "ten thousand targets take a tenth of the page", function()
    local page = html.new { title = "t" }
    for _, target in ipairs(pages.targets(10000)) do page:target(target) end
    local text = text_of(page)
    suite.equal(#read(text).targets, 10000)
    assert(#text < 3000000, #text)
  end },
  { "what has no room is left out, and said to be", function()
    local page = html.new { title = "t" }
    local seed = 1
    local function random()
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed >> 8
    end
    for i = 1, 1200 do -- 30 MB that have nothing in common
      local lines = {}
      for k = 1, 600 do lines[k] = ("%x%x%x%x%x%x%x"):format(random(), random(), random(), random(), random(), random(), random()) end
      page:target { name = "n" .. i, namespace = "s", kind = "Job", object = "n" .. i, text = table.concat(lines, "\n"),
        findings = { finding {} } }
    end
    local text = text_of(page)
    local decoded = read(text)
    assert(#text < 30000000 and #text > 20000000, #text)
    suite.equal({ #decoded.targets, #decoded.findings }, { 1200, 1200 })
    assert(decoded.head.leftOut > 100 and decoded.head.leftOut < 1200 * 2)
    suite.equal({ decoded.targets[1200][4], decoded.head.targets }, { -1, 1200 })
    assert(target_of(decoded, 1):find "^%x+\n")
  end },
  { "one text that is very long is left out, and others are not", function()
    local page = html.new { title = "t" }
    page:target { name = "a", text = ("x"):rep(300000) }
    page:target { name = "b", text = "y\n" }
    local decoded = read(text_of(page))
    suite.equal({ decoded.targets[1][4], target_of(decoded, 2), decoded.head.leftOut }, { -1, "y\n", 1 })
  end },
  { "findings of a run go to the targets that they are about", function()
    local job = { kind = "Job", metadata = { name = "j", namespace = "s" } }
    local function origin(index) return { kind = "BackupSession", namespace = "s", name = "one", index = index } end
    local run = { title = "t", facts = {}, seen = {
      { origin = origin(0), name = "one", namespace = "s", objects = { job }, text = "a: 1\n" },
      { origin = origin(1), name = "one[1]", namespace = "s", objects = {}, failed = true } } }
    local function d(message, object) return { rule = "r", severity = "error", message = message, object = object } end
    local found = { d("job", { kind = "Job", namespace = "s", name = "j" }), d("none"), d("other", { kind = "Task", name = "t" }),
      d("second", origin(1)) }
    local decoded = read(table.concat(report(found, run)))
    local seen = {}
    for i, row in ipairs(decoded.findings) do seen[i] = row[1] end
    suite.equal({ seen, decoded.head.statuses }, { { 0, 1, -1, -1 }, { 1, 0, 1 } })
  end },
}

local ok = suite.run("html", tests)
os.remove(path)
return ok
