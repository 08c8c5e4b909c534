"""A business's website on an origin of its own, served with the headers that docs/widget.md tells strict pages to send."""

import http.server
import pathlib
import re
import threading

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "widget.md"


def documented_headers(gateway):
    """The lines of the guide, with the gateway's true address in the place of its example."""
    block = re.search(r"```http\n(.*?)```", DOCUMENT.read_text(), re.S).group(1)
    text = block.replace("https://gateway.example", gateway).replace("wss://gateway.example", gateway.replace("http", "ws", 1))
    return dict(line.split(": ", 1) for line in text.splitlines())


class Website:
    """Pages by path, each `(headers, html)`."""

    def __init__(self):
        self.pages = {}
        pages = self.pages

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                # Browsers ask for an icon that nobody named; that is no fault of a page.
                headers, html = pages.get(self.path.split("?")[0], ({}, ""))
                body = html.encode()
                self.send_response(200)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers, "Content-Length": len(body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        # Another site, not only another origin: the gateway goes by its address.
        self.address = f"http://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def embed(self, gateway, uuid, path="/", headers=None, language="en", **attributes):
        """A page with the one line; returns its address."""
        said = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
        script = f'<script src="{gateway}/widget.js" data-uuid="{uuid}"{said} async></script>'
        html = f'<!doctype html><html lang="{language}"><title>Shop</title><h1>Shop</h1><a href="/other">Other page</a>{script}'
        self.pages[path] = (documented_headers(gateway) if headers is None else headers, html)
        return self.address + path

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
