// A server of our own for the journeys: an empty folder, a free port, and a client that signs in with Basic.
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
                // It does not listen yet.
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

    /** A request to the API, with the password of the administrator unless other headers say otherwise. */
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
}
