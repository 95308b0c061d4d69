-- Findings of each severity, with what each format has to escape.
local NASTY = "<a href='x'>&\"]]> ::error::%0A # {0} [here](https://example.com) \27[31m\r\n\u{9b}1m \u{202e}x \u{ffff} \255 \\ ü"

rule "site/image" {
  summary = "images are pinned {by digest}",
  kinds   = { "Job" },
  check   = function(job, report)
    for container in k8s.containers(job) do
      report(container, "image", container.image .. " is not pinned", { hint = "add @sha256:…" })
      report(container, "image", NASTY, { hint = NASTY })
    end
  end,
}

rule "site/name" {
  summary  = "names are long",
  kinds    = { "Job" },
  severity = "warning",
  check    = function(job, report) report(job.metadata, "name", "the name is short") end,
}

rule "site/label" {
  summary  = "there are labels",
  kinds    = { "Job" },
  severity = "info",
  check    = function(job, report) report(job, nil, "there might be more labels") end,
}

rule "site/waived" {
  summary = "waived in this site",
  kinds   = { "Job" },
  check   = function(job, report)
    for container in k8s.containers(job) do report(container, "image", "it is from elsewhere") end
  end,
}

rule "site/quiet" {
  summary = "finds nothing",
  kinds   = { "Job" },
  check   = function() end,
}

waive { rule = "site/waived", match = "*", reason = "OPS-7: # vendor <image>" }
