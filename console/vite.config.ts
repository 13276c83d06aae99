import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { thirdParty } from "./licenses.ts";

// The server that `npm run dev` asks for everything that is not a file of the console.
const server = process.env.CONSOLE_SERVER ?? "http://localhost:5001";
// While developing, `NAME:PASSWORD` stands in for a browser session.
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
        // `--mode pseudo` builds the console in a made-up language: journeys find words that stand outside of en.ts.
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
