// The tests' stand-in for an Elasticsearch server, which Debian does not package: as much of its API as elasticdump and the tests use, as the
// versions 5 to 8 answer, in memory. It refuses what a server refuses: an index that is there, settings that are the server's own, mappings
// with types where there are none any more and without where there are, who does not log in.
//
//   node elastic.js PORT VERSION [USER:PASSWORD]
const http = require('http')

const [port, version, login] = process.argv.slice(2)
const major = parseInt(version)
const indices = new Map() // name -> { aliases, mappings, settings, documents: Map of id -> { source, routing } }
const scrolls = new Map() // id -> the pages that are left
const OWN = ['uuid', 'creation_date', 'provided_name', 'version']

class Refusal extends Error {
  constructor (status, type, reason) {
    super(reason)
    this.status = status
    this.type = type
  }
}

const refuse = (status, type, reason) => { throw new Refusal(status, type, reason) }
const index = (name) => indices.get(name) || refuse(404, 'index_not_found_exception', `no such index [${name}]`)

function checkMappings (mappings) {
  for (const [key, value] of Object.entries(mappings)) {
    const typed = !['properties', 'dynamic', '_routing', '_meta', 'date_detection'].includes(key)
    if (typed !== major < 7) refuse(400, 'mapper_parsing_exception', `unsupported parameters: [${key} : ${JSON.stringify(value)}]`)
  }
}

function create (name, body) {
  if (indices.has(name)) refuse(400, 'resource_already_exists_exception', `index [${name}] already exists`)
  if (name !== name.toLowerCase()) refuse(400, 'invalid_index_name_exception', 'must be lowercase')
  const { aliases = {}, mappings = {}, settings = {}, ...more } = body
  for (const key in more) refuse(400, 'parse_exception', `unknown key [${key}] for create index`)
  const own = settings.index || settings
  for (const key of OWN) if (key in own) refuse(400, 'validation_exception', `private index setting [index.${key}] can not be set explicitly`)
  checkMappings(mappings)
  indices.set(name, { aliases, mappings, documents: new Map(), settings: { index: { number_of_shards: '1', ...own } } })
  return { acknowledged: true, shards_acknowledged: true, index: name }
}

function shown (name) {
  const { aliases, mappings, settings } = index(name)
  const own = { uuid: 'u-' + name, creation_date: '1700000000000', provided_name: name, version: { created: major + '000099' } }
  return { [name]: { aliases, mappings, settings: { index: { ...settings.index, ...own } } } }
}

function bulk (name, text) {
  const lines = text.split('\n').filter((line) => line !== '')
  const items = []
  for (let i = 0; i < lines.length; i += 2) {
    const action = JSON.parse(lines[i]).index
    if ((action._type !== undefined) !== major < 7) refuse(400, 'illegal_argument_exception', 'Action/metadata line [1] _type')
    index(action._index || name).documents.set(action._id, { source: JSON.parse(lines[i + 1]), routing: action.routing, type: action._type })
    items.push({ index: { _index: action._index, _id: action._id, status: 201, result: 'created' } })
  }
  return { took: 1, errors: false, items }
}

// The first page of a search for everything; the others are kept for its scroll.
function search (name, { size = 10 }) {
  const hits = [...index(name).documents].sort().map(([id, { source, routing, type }]) =>
    ({ _index: name, ...(major < 7 ? { _type: type } : major < 8 ? { _type: '_doc' } : {}), _id: id, _routing: routing, _source: source }))
  const total = major < 7 ? hits.length : { value: hits.length, relation: 'eq' }
  const pages = []
  while (hits.length) pages.push(hits.splice(0, size))
  const id = 'scroll-' + name
  scrolls.set(id, pages)
  return { _scroll_id: id, hits: { total, hits: pages.shift() || [] } }
}

function scroll (id) {
  const pages = scrolls.get(id) || refuse(404, 'search_context_missing_exception', `No search context found for id [${id}]`)
  return { _scroll_id: id, hits: { hits: pages.shift() || [] } }
}

function answer (method, path, body) {
  const [name, action] = path.slice(1).split('/').map(decodeURIComponent)
  const json = () => body === '' ? {} : JSON.parse(body)
  if (path === '/') return { version: { number: version } }
  if (path === '/_cat/indices') return [...indices.keys()].map((each) => ({ index: each }))
  if (path === '/_search/scroll') return scroll(json().scroll_id || body)
  if (!action && method === 'PUT') return create(name, json())
  if (!action && method === 'DELETE') return index(name), indices.delete(name), { acknowledged: true }
  if (!action && method === 'GET') return shown(name)
  if (action === '_bulk') return bulk(name, body)
  if (action === '_refresh') return index(name), { _shards: { failed: 0 } }
  if (action === '_search') return search(name, json())
  return refuse(400, 'illegal_argument_exception', `the stand-in knows no ${method} ${path}`)
}

http.createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk) => { body += chunk })
  request.on('end', () => {
    let status = 200
    let said
    try {
      const given = Buffer.from((request.headers.authorization || '').replace('Basic ', ''), 'base64').toString()
      if (login && given !== login) refuse(401, 'security_exception', 'missing authentication credentials')
      said = answer(request.method, new URL(request.url, 'http://x').pathname, body)
    } catch (error) {
      status = error.status || 500
      said = { error: { type: error.type, reason: error.message }, status }
    }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(said))
  })
}).listen(parseInt(port), '127.0.0.1')
