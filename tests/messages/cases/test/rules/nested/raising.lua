rule "raises" { summary = "it raises", kinds = { "Pod" }, check = function(pod) return pod.spec.containers end }
