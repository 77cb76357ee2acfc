"""A client of the language server protocol, as small as asking for diagnostics needs.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

import json
import subprocess
import threading

PATIENCE = 60  # seconds for a whole conversation


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.killer = threading.Timer(PATIENCE, self.process.kill)
        self.killer.start()

    def close(self):
        self.killer.cancel()
        self.process.kill()
        self.process.communicate()

    def send(self, method, params, number=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        self._write(message)

    def _write(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length == 0:
            raise RuntimeError("the language server went away")
        return json.loads(self.process.stdout.read(length))

    def wait_for(self, wanted):
        """The first message that is wanted; requests of the server are answered with nothing."""
        while True:
            message = self._read()
            if "id" in message and "method" in message:
                params = message.get("params") or {}
                answer = [None] * len(params.get("items", []))
                self._write({"jsonrpc": "2.0", "id": message["id"], "result": answer})
            elif wanted(message):
                return message


def diagnostics(command, path, texts):
    """For each text in turn, as the content of `path`, the messages that an editor shows."""
    server = Server(command)
    try:
        uri = "file://" + str(path)
        server.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
        server.wait_for(lambda message: message.get("id") == 1)
        server.send("initialized", {})
        found = []
        for version, text in enumerate(texts, 1):
            document = {"uri": uri, "version": version}
            if version == 1:
                server.send("textDocument/didOpen", {
                    "textDocument": document | {"languageId": "yaml", "text": text}})
            else:
                server.send("textDocument/didChange", {
                    "textDocument": document, "contentChanges": [{"text": text}]})
            told = server.wait_for(
                lambda message: message.get("method") == "textDocument/publishDiagnostics")
            found.append([item["message"] for item in told["params"]["diagnostics"]])
        return found
    finally:
        server.close()
