// The walls of the console: the folders that each folder may import, the texts that no file may contain, the longest
// files, and the texts of en.ts.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "svelte/compiler";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|svelte)$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(src, file), "utf8") }));

/** The folders that each folder may import; `.` is the files beside `App.svelte`. */
const may = {
    ".": ["ui", "model", "api", "words", "frame", "pages", "."],
    pages: ["ui", "model", "api", "words", "pages", "router"],
    frame: ["ui", "model", "api", "words", "frame", "router"],
    ui: ["ui", "words"],
    api: ["api", "model"],
    model: ["model"],
    words: ["words"],
};
/** Further folders from which each folder may import types. An imported type adds no code. */
const types = { model: ["api"], words: ["model"], ui: [] };

// An import of `words` means `words/index`.
const folderOf = (file) => (file.includes("/") || file in may ? file.split("/")[0] : ".");

/** Returns the imports of a source text. `typesOnly` is true for an `import type`. */
function importsOf(text) {
    const found = [...text.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm)];
    return found.map((match) => ({ from: match[2], typesOnly: match[1] !== undefined }));
}

function breaches(file, text) {
    const own = folderOf(file);
    return importsOf(text).flatMap(({ from, typesOnly }) => {
        if (!from.startsWith(".")) {
            const known = from === "svelte" || (from === "openapi-fetch" && file === "api/client.ts");
            return known ? [] : [`${file} imports ${from}`];
        }
        const target = relative(src, resolve(src, dirname(file), from));
        if (target === "router.svelte" && (may[own].includes("router") || own === ".")) return [];
        const allowed = typesOnly ? [...may[own], ...(types[own] ?? [])] : may[own];
        return allowed.includes(folderOf(target)) ? [] : [`${file} imports ${target}`];
    });
}

/** Texts that no file may contain, with the reason. */
const never = [
    [/\{@html/, "{@html} shows a text that somebody typed as markup", () => true],
    [/\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write/, "only the compiler may make markup", () => true],
    [/\sstyle=/, "the content security policy refuses inline styles: use style:NAME", () => true],
    [/\beval\(|new Function\(/, "the content security policy refuses code in texts", () => true],
    [/\bfetch\(|XMLHttpRequest|EventSource|WebSocket|sendBeacon/, "only client.ts sends requests", (file) => file !== "api/client.ts"],
    [/\b(local|session)Storage\b|indexedDB|document\.cookie/, "the console stores only the theme in the browser", (file) => file !== "ui/theme.svelte.ts"],
    [/\b(document|window|navigator|location|history)\b[.[]/, "the model does not use the browser", (file) => file.startsWith("model/")],
    [/https?:\/\//, "the console calls no other host", () => true],
];

test("files are found", () => {
    expect(files.length).toBeGreaterThan(40);
    for (const folder of Object.keys(may)) expect(files.some(({ file }) => folderOf(file) === folder), folder).toBe(true);
});

test("imports respect the walls", () => {
    expect(files.flatMap(({ file, text }) => breaches(file, text))).toEqual([]);
});

test("the test of imports finds a forbidden import", () => {
    expect(breaches("ui/A.svelte", 'import { api } from "../api/client";')).toHaveLength(1);
    expect(breaches("model/a.ts", 'import { t } from "../words";')).toHaveLength(1);
    expect(breaches("model/a.ts", 'import type { Rule } from "../api/types";')).toEqual([]);
    expect(breaches("pages/A.svelte", 'import lodash from "lodash";')).toHaveLength(1);
    expect(breaches("pages/parts/A.svelte", 'import B from "../../frame/B.svelte";')).toHaveLength(1);
});

test("no file contains a forbidden text", () => {
    const found = files
        .filter(({ file }) => file !== "api/schema.d.ts")
        .flatMap(({ file, text }) => never.filter(([what, , where]) => where(file) && what.test(text)).map(([, why]) => `${file}: ${why}`));
    expect(found).toEqual([]);
});

test("components stay below 200 lines, and other files below 400", () => {
    const long = files
        .filter(({ file }) => file !== "api/schema.d.ts" && file !== "words/en.ts")
        .filter(({ file, text }) => text.split("\n").length > (file.endsWith(".svelte") ? 200 : 400))
        .map(({ file }) => file);
    expect(long).toEqual([]);
});

test("every text of en.ts is used", () => {
    const all = files.filter(({ file }) => file !== "words/en.ts" && file !== "api/schema.d.ts").map(({ text }) => text).join("\n");
    // Skips lines of type `Record<string, string>`. Their keys are values that the server sends, so no file contains the keys.
    const lines = readFileSync(join(src, "words/en.ts"), "utf8").split("\n").filter((line) => !line.includes("as Record<string, string>"));
    const keys = new Set(lines.flatMap((line) => [...line.matchAll(/(?:^\s+|[{,] )(\w+):/g)].map((match) => match[1])));
    expect(keys.size).toBeGreaterThan(200);
    expect([...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(all))).toEqual([]);
});

/** The attributes that a browser or a screen reader shows to people. */
const read = ["aria-label", "title", "placeholder", "alt", "label"];

/** Returns the texts of a component that are not from en.ts. Examples of input are allowed. */
function wordsIn(text) {
    const found = [];
    const isWord = (data) => /[A-Za-z]{2}/.test(data);
    const isExample = (data) => !/[A-Z\s]/.test(data.trim());
    function walk(node, attribute) {
        if (typeof node !== "object" || node === null) return;
        if (Array.isArray(node)) return node.forEach((one) => walk(one, attribute));
        if (node.type === "Attribute") return read.includes(node.name) && walk(node.value, node.name);
        if (node.type === "Text" && isWord(node.data) && !(attribute && isExample(node.data))) found.push(node.data.trim());
        if (node.type?.endsWith("Expression") || node.type === "StyleDirective") return;
        for (const [key, value] of Object.entries(node)) if (key !== "parent") walk(value, attribute);
    }
    walk(parse(text.replaceAll("&nbsp;", " "), { modern: true }).fragment);
    return found;
}

test("every text that a component shows is in en.ts", () => {
    expect(files.filter(({ file }) => file.endsWith(".svelte")).flatMap(({ file, text }) => wordsIn(text).map((word) => `${file}: ${word}`))).toEqual([]);
});

test("the test of texts finds a text that is not in en.ts", () => {
    expect(wordsIn("<p>Hello</p>")).toEqual(["Hello"]);
    expect(wordsIn("{#if x}<b>{y} rules</b>{/if}")).toEqual(["rules"]);
    expect(wordsIn('<input placeholder="A name" class="Two words" />')).toEqual(["A name"]);
    expect(wordsIn('<input placeholder="team/**" />{t.x} – ✓')).toEqual([]);
});
