test "the findings differ" {
  policies = { "../pack.lua" },
  input    = [[
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a-very-long-name}
spec: {replicas: 0}
]],
  expect   = {
    "site/replicas @ Deployment/web spec.replicas: 5 replicas",
    "site/replicas @ Deployment/a-very-long-name spec.replicas",
  },
}

test "the input cannot be read" {
  policies = { "../pack.lua" },
  input    = "a: 1\na: 2\n",
  expect   = {},
}

test "nothing fails" {
  policies = { "../pack.lua" },
  input    = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
  error    = "a word",
}

test "there is no such script" { scripts = { "none.lua" }, input = "{}", expect = {} }

test "there is no such file" { policies = {}, file = "none.yaml", expect = {} }

test "a rule raises" {
  scripts = { "raising.lua" },
  input   = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
  expect  = {},
}

test "nothing to render" { policies = {}, render = true, input = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", expect = {} }
