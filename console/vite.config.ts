import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { thirdParty } from "./licenses.ts";

// The server to which `npm run dev` passes requests for the API, the sign-in pages, the health checks and the documents.
const server = process.env.CONSOLE_SERVER ?? "http://localhost:5001";
// `NAME:PASSWORD` for every request during development, instead of a browser session.
const basic = process.env.CONSOLE_BASIC;
const headers: Record<string, string> = basic
    ? { authorization: `Basic ${Buffer.from(basic).toString("base64")}` }
    : {};
const passed = { target: server, headers, changeOrigin: true };
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
    base: "/console/",
    plugins: [svelte(), thirdParty()],
    resolve: {
        // `--mode pseudo` builds the console in a made-up language, so that a journey finds texts that are not in en.ts.
        alias: mode === "pseudo" ? [{ find: "./en", replacement: at("./tests/pseudo.ts") }] : [],
    },
    build: {
        target: "es2022",
        outDir: "dist",
        emptyOutDir: true,
        modulePreload: false,
        assetsInlineLimit: 0,
        cssCodeSplit: false,
        reportCompressedSize: false,
        rolldownOptions: {
            output: {
                codeSplitting: false,
                entryFileNames: "app.js",
                assetFileNames: "app[extname]",
            },
        },
    },
    server: {
        proxy: { "/api": passed, "/health": passed, "/signin": passed, "/docs": passed },
    },
    test: { include: ["tests/unit/**/*.test.{ts,mjs}"], environment: "node" },
}));
