// Starts a server for the journeys in an empty folder, on a free port. Sends requests to the API with HTTP Basic.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const password = "correct horse battery staple";

function freePort() {
    return new Promise((done, failed) => {
        const probe = createServer();
        probe.on("error", failed);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => done(port));
        });
    });
}

export class Server {
    /** Starts the binary that `CONSOLE_BINARY` names. */
    static async start(...flags) {
        const binary = process.env.CONSOLE_BINARY;
        if (!binary) throw new Error("set CONSOLE_BINARY to the server's binary, for example ../target/debug/portreeve");
        const server = new Server();
        server.binary = binary;
        server.flags = flags;
        server.folder = await mkdtemp(join(tmpdir(), "console-"));
        server.port = await freePort();
        server.origin = `http://localhost:${server.port}`;
        await server.run();
        return server;
    }

    async run() {
        this.log = "";
        const env = { ...process.env, PORTREEVE_ADMIN_PASSWORD: password };
        this.child = spawn(this.binary, ["serve", "--listen", `127.0.0.1:${this.port}`, ...this.flags], { cwd: this.folder, env });
        this.child.stdout.on("data", (data) => (this.log += data));
        this.child.stderr.on("data", (data) => (this.log += data));
        this.ended = new Promise((done) => this.child.on("exit", done));
        for (let tries = 0; tries < 300; tries += 1) {
            try {
                if ((await fetch(`${this.origin}/health/ready`)).ok) return;
            } catch {
                // The server does not listen yet.
            }
            if (this.child.exitCode !== null) break;
            await new Promise((done) => setTimeout(done, 100));
        }
        throw new Error(`the server did not start:\n${this.log}`);
    }

    async halt() {
        this.child.kill("SIGTERM");
        await this.ended;
    }

    async stop() {
        await this.halt();
        await rm(this.folder, { recursive: true, force: true });
    }

    /** Sends a request to the API, as the administrator unless `headers` has other credentials. */
    async api(method, path, body, headers = {}) {
        const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
        const type = typeof body === "string" ? "application/x-ndjson" : "application/json";
        const answer = await fetch(`${this.origin}/api/v1${path}`, {
            method,
            headers: { authorization, ...(body !== undefined && { "content-type": type }), ...headers },
            body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
        });
        const text = await answer.text();
        const found = text ? JSON.parse(text) : undefined;
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return found;
    }

    /** Reports events of manifests, as the registry `registry` does. */
    async report(events) {
        const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
        const methods = { push: "PUT", pull: "GET", delete: "DELETE" };
        const told = events.map(({ id, ago, action, repository, tag, digest, by }) => ({
            id, timestamp: new Date(Date.now() - ago * 1000).toISOString(), action,
            target: { digest, repository, tag, ...(action !== "delete" && { mediaType: "application/vnd.oci.image.manifest.v1+json", size: 1000 }) },
            request: { id, addr: "192.0.2.7:4711", method: methods[action], useragent: "docker/28" },
            actor: by ? { name: by } : {}, source: { instanceID: "one" },
        }));
        const headers = { authorization, "content-type": "application/json" };
        const answer = await fetch(`${this.origin}/events/registry`, { method: "POST", headers, body: JSON.stringify({ events: told }) });
        if (!answer.ok) throw new Error(`events: ${answer.status}`);
    }
}
