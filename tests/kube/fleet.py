"""An API server whose Jobs all come to a good end as soon as they are made: fleet.py FOLDER, which gets its port in FOLDER/port.

It keeps nothing but how many Jobs were made, in FOLDER/made, so that what grows is its client. Each Job is told to the watches as it runs
and as it ends, its Pod too, with metadata of the size that a real server has. With its standard input, it ends.
"""
import json, os, queue, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

folder = sys.argv[1]
watchers = {"jobs": [], "pods": []}
early = {"jobs": [], "pods": []}  # what was told before anybody watched
lock = threading.Lock()
made = 0
FIELDS = [{"manager": "moonstep", "operation": "Apply", "time": "2027-01-01T00:00:00Z",
           "fieldsV1": {f"f:field-{i}": {} for i in range(60)}}]
DONE = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def tell(plural, kind, obj):
    line = json.dumps({"type": kind, "object": obj}).encode() + b"\n"
    with lock:
        for events in watchers[plural]:
            events.put(line)
        if not watchers[plural]:
            early[plural].append(line)


def play(job):
    name, labels = job["metadata"]["name"], job["spec"]["template"]["metadata"]["labels"]
    owner = {"kind": "Job", "name": name, "uid": job["metadata"]["uid"]}

    def pod(phase, state, version):
        status = [{"name": each["name"], "restartCount": 0, "state": state} for each in job["spec"]["template"]["spec"]["containers"]]
        return {"metadata": {"name": name + "-x", "namespace": "n", "uid": "p-" + name, "resourceVersion": version, "labels": labels,
                "creationTimestamp": "2027-01-01T00:00:00Z", "managedFields": FIELDS, "ownerReferences": [owner]},
                "status": {"phase": phase, "containerStatuses": status}}

    tell("jobs", "ADDED", job)
    tell("pods", "ADDED", pod("Running", {"running": {}}, "2"))
    tell("pods", "MODIFIED", pod("Succeeded", DONE, "3"))
    metadata = dict(job["metadata"], resourceVersion="9")
    status = {"conditions": [{"type": "Complete", "status": "True"}]}
    tell("jobs", "MODIFIED", dict(job, metadata=metadata, status=status))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, obj):
        body = json.dumps(obj).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self, plural, is_of_batch):
        events = queue.Queue()
        with lock:
            if is_of_batch:
                watchers[plural].append(events)
                for line in early[plural]:
                    events.put(line)
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            while True:
                line = events.get()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        except OSError:
            pass
        self.close_connection = True

    def do_GET(self):
        url = urlsplit(self.path)
        plural = url.path.rsplit("/", 1)[-1]
        if url.path == "/apis/batch/v1":
            return self.answer(200, {"resources": [{"name": "jobs", "kind": "Job", "namespaced": True}]})
        if plural not in watchers:
            return self.answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "message": "not found", "code": 404})
        if "watch" in parse_qs(url.query):
            return self.watch(plural, "moonstep/batch" in parse_qs(url.query).get("labelSelector", [""])[0])
        self.answer(200, {"kind": "List", "metadata": {"resourceVersion": "1"}, "items": []})

    def do_PATCH(self):
        global made
        url = urlsplit(self.path)
        job = json.loads(self.rfile.read(int(self.headers["content-length"])))
        job["metadata"].update(uid="u-" + job["metadata"]["name"], resourceVersion="1", creationTimestamp="2027-01-01T00:00:00Z",
                               managedFields=FIELDS)
        self.answer(201, job)
        if "dryRun" in url.query:
            return
        with lock:
            made += 1
            with open(folder + "/made.new", "w") as file:
                file.write(str(made))
            os.replace(folder + "/made.new", folder + "/made")
        play(job)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(folder + "/port", "w") as file:
    file.write(str(server.server_address[1]))
sys.stdin.read()
