// Builds into another folder, and fails if a byte differs from the committed files in dist/.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const made = await mkdtemp(join(tmpdir(), "console-"));
try {
    const build = spawnSync(process.execPath, ["node_modules/vite/bin/vite.js", "build", "--outDir", made, "--logLevel", "error"], { cwd: root, stdio: "inherit" });
    if (build.status !== 0) process.exit(1);
    const names = ["app.css", "app.js", "favicon.svg", "index.html", "third-party.txt"];
    const wrong = [];
    for (const folder of [made, join(root, "dist")]) {
        const found = (await readdir(folder)).sort();
        if (found.join() !== names.join()) wrong.push(`${folder} has ${found.join(", ")}`);
    }
    for (const name of names) {
        const [one, other] = await Promise.all([made, join(root, "dist")].map((folder) => readFile(join(folder, name)).catch(() => null)));
        if (!one || !other?.equals(one)) wrong.push(`dist/${name} differs from a build of the sources: run \`npm run build\` and commit the file`);
    }
    for (const line of wrong) console.error(line);
    process.exitCode = wrong.length ? 1 : 0;
} finally {
    await rm(made, { recursive: true, force: true });
}
