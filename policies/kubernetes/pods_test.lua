-- Pods as wholes.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function pod(spec) return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" .. spec .. "}\n" end
local A = "containers: [{name: a, image: i}]"

check("a plain Pod", pod(A))
check("a spec of another type", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: x\n", "type @ spec")

check("two containers of one name", pod "containers: [{name: a, image: i}, {name: b, image: i}, {name: a, image: i}]",
  "duplicate-container @ spec.containers[2].name")
check("an init container and a container of one name", pod("initContainers: [{name: a, image: i}], " .. A),
  "duplicate-container @ spec.containers[0].name")
check("containers without names", pod "containers: [{image: i}, {image: i}]", "required @ spec.containers[0].name",
  "required @ spec.containers[1].name")
check("ephemeral containers", pod("ephemeralContainers: [{name: d, image: i}], " .. A), "ephemeral-containers @ spec.ephemeralContainers")
check("no ephemeral containers", pod("ephemeralContainers: [], " .. A))

local function ports(first, second, rest)
  return pod(("containers: [{name: a, image: i, ports: [%s]}, {name: b, image: i, ports: [%s]}]%s"):format(first, second, rest or ""))
end
check("ports of the host that differ", ports("{containerPort: 1, hostPort: 80}",
  "{containerPort: 1, hostPort: 80, protocol: UDP}, {containerPort: 1, hostPort: 80, hostIP: 10.0.0.1, protocol: SCTP}"))
check("a port of the host that is taken", ports("{containerPort: 1, hostPort: 80}", "{containerPort: 2, hostPort: 80}"),
  "host-port @ spec.containers[1].ports[0].hostPort")
check("ports of a host's network", ports("{containerPort: 80, hostPort: 80}", "{containerPort: 81}", ", hostNetwork: true"))
check("a port that is another on the host's network", ports("{containerPort: 80, hostPort: 81}", "{containerPort: 82}",
  ", hostNetwork: true"),
  "host-port @ spec.containers[0].ports[0].hostPort: the same as containerPort")
check("ports that are the same on the host's network", ports("{containerPort: 80}", "{containerPort: 80}", ", hostNetwork: true"),
  "host-port @ spec.containers[1].ports[0].containerPort: takes this port")
check("an init container's ports are its own", pod("initContainers: [{name: x, image: i, ports: [{containerPort: 1, hostPort: 80}]}], "
  .. "containers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 80}]}]"))

check("process namespaces", pod("shareProcessNamespace: true, " .. A) .. "---\n" .. pod("hostPID: true, " .. A):gsub("name: p", "name: q"))
check("two process namespaces", pod("shareProcessNamespace: true, hostPID: true, " .. A),
  "host-process-namespace @ spec.shareProcessNamespace")

check("DNS of one's own", pod("dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.1], searches: [a_b.example., .]}, " .. A))
check("no nameserver", pod("dnsPolicy: None, " .. A), "dns-config @ spec.dnsPolicy")
check("an empty list of nameservers", pod("dnsPolicy: None, dnsConfig: {nameservers: []}, " .. A),
  "dns-config @ spec.dnsConfig.nameservers")
check("four nameservers", pod("dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}, " .. A),
  "dns-config @ spec.dnsConfig.nameservers: may be 3")
check("thirty-three search domains", pod("dnsConfig: {searches: [" .. ("a, "):rep(32) .. "a]}, " .. A),
  "dns-config @ spec.dnsConfig.searches")
check("too long search domains", pod("dnsConfig: {searches: [" .. (("a"):rep(250) .. ", "):rep(8) .. ("a"):rep(100) .. "]}, " .. A),
  "dns-config @ spec.dnsConfig.searches")

check("settings that are listed once", pod("securityContext: {sysctls: [{name: a, value: b}, {name: c, value: d}]}, schedulingGates: "
  .. "[{name: a}], " .. A))
check("a sysctl twice", pod("securityContext: {sysctls: [{name: a, value: b}, {name: a, value: d}]}, " .. A),
  "duplicate-setting @ spec.securityContext.sysctls[1].name")
check("a gate twice", pod("schedulingGates: [{name: a}, {name: a}], " .. A), "duplicate-setting @ spec.schedulingGates[1].name")
check("a claim twice", pod("resourceClaims: [{name: a, resourceClaimName: b}, {name: a, resourceClaimName: c}], " .. A),
  "duplicate-setting @ spec.resourceClaims[1].name")

check("resource claims", pod("resourceClaims: [{name: a, resourceClaimName: b}, {name: c, resourceClaimTemplateName: d}], containers: "
  .. "[{name: a, image: i, resources: {claims: [{name: a}]}}]"))
check("a resource claim of nothing", pod("resourceClaims: [{name: a}], " .. A), "resource-claim @ spec.resourceClaims[0]: exactly one")
check("a resource claim of two things", pod("resourceClaims: [{name: a, resourceClaimName: b, resourceClaimTemplateName: c}], " .. A),
  "resource-claim @ spec.resourceClaims[0]")
check("a claim that the Pod does not have", pod "containers: [{name: a, image: i, resources: {claims: [{name: x}]}}]",
  "resource-claim @ spec.containers[0].resources.claims[0].name")

local function annotated(text) return "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {" .. text .. "}}\nspec: {" .. A
  .. "}\n" end
local KEY = "container.apparmor.security.beta.kubernetes.io/"
check("AppArmor annotations", annotated(KEY .. "a: localhost/x") .. "---\n" .. annotated(KEY .. "a: runtime/default"):gsub("name: p",
  "name: q"))
check("AppArmor of another container", annotated(KEY .. "b: unconfined"), 'apparmor-annotation @ metadata.annotations["' .. KEY
  .. 'b"]: no container b')
check("AppArmor of another kind", annotated(KEY .. "a: x"), 'apparmor-annotation @ metadata.annotations["' .. KEY
  .. 'a"]: must be runtime/default')
