"""tsa_server.py FOLDER NAME [TLS-CERT TLS-KEY]: a time stamp authority for the lab. openssl ts makes the replies; the
address is printed once it listens. What it should do wrong, FOLDER/fault says: refuse, garbage, old, hang."""
import http.server
import os
import ssl
import subprocess
import sys

folder, name = sys.argv[1:3]


def reply_to(request):
    with open(f"{folder}/{name}.cnf", "w") as config:
        config.write(
            f"[tsa]\ndefault_tsa=t\n[t]\nserial={folder}/tsa-serial\nsigner_cert={folder}/{name}.pem\n"
            f"signer_key={folder}/{name}.key\ncerts={folder}/ca.pem\nsigner_digest=sha256\n"
            "default_policy=1.3.6.1.4.1.99999.1\ndigests=sha256\ness_cert_id_alg=sha256\n")
    with open(f"{folder}/request", "wb") as file:
        file.write(request)
    subprocess.run(["openssl", "ts", "-reply", "-config", f"{folder}/{name}.cnf", "-queryfile", f"{folder}/request",
                    "-out", f"{folder}/reply"], check=True, capture_output=True)
    with open(f"{folder}/reply", "rb") as file:
        return file.read()


class Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        request = self.rfile.read(int(self.headers["Content-Length"]))
        fault = open(f"{folder}/fault").read().strip() if os.path.exists(f"{folder}/fault") else ""
        if fault == "refuse":
            self.send_error(503)
            return
        body = b"garbage" if fault == "garbage" else open(f"{folder}/old", "rb").read() if fault == "old" else reply_to(request)
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
scheme = "http"
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https"
print(f"{scheme}://localhost:{server.server_address[1]}/", flush=True)
server.serve_forever()
