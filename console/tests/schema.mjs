// Writes src/api/schema.d.ts from the OpenAPI document of a running server. With `--check`, only compares the file with
// this document, and exits 1 if they differ.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const server = process.env.CONSOLE_SERVER ?? "http://localhost:5001";
const file = new URL("../src/api/schema.d.ts", import.meta.url);
const answer = await fetch(new URL("/api/v1/openapi.json", server));
if (!answer.ok) throw new Error(`${server} answered ${answer.status}`);
const head = "// Made by `npm run schema` from the server's /api/v1/openapi.json. Do not edit.\n\n";
const text = head + astToString(await openapi(await answer.json()));
if (process.argv.includes("--check")) {
    if ((await readFile(file, "utf8")) === text) process.exit(0);
    console.error("src/api/schema.d.ts differs from the OpenAPI document of the server: run `npm run schema`");
    process.exit(1);
}
await writeFile(file, text);
