// Measures the size of the built files, and the speed of the console with 10,000 rules. Prints each measured value, and
// fails above an allowed value.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { open, signIn, visit } from "./browser.mjs";

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const p95 = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.95)];
const round = (value) => Math.round(value);

/** Returns a line with the measured value and its goal `figure`. Fails if the value is above `allowed`. */
function hold(what, value, figure, allowed = figure) {
    assert.ok(value <= allowed, `${what}: ${round(value)}, at most ${allowed}`);
    return `${what} ${round(value)} (≤ ${figure})`;
}

/** Checks a time in milliseconds. `CONSOLE_SLOWER` multiplies the allowed time, for a busy machine. */
function within(what, time, figure) {
    return hold(`${what}, ms`, time, figure, figure * Number(process.env.CONSOLE_SLOWER ?? 1));
}

/** Returns the time of the first paint, in milliseconds after the start of the navigation. */
function firstPaint() {
    return new Promise((done) => {
        new PerformanceObserver((list) => {
            const found = list.getEntriesByName("first-contentful-paint")[0];
            if (found) done(found.startTime);
        }).observe({ type: "paint", buffered: true });
    });
}

async function seedRules(server) {
    const teams = ["web", "data", "shop", "ops", "ml"];
    const lines = Array.from({ length: 10_000 }, (_, index) => {
        const team = teams[index % teams.length];
        return JSON.stringify({
            kind: "rule", name: `${team}-svc-${String(index).padStart(5, "0")}`, subjects: [index % 2 ? "group:web" : "group:shop"],
            names: [`${team}/service-${index}/**`], actions: ["pull", "push"].slice(0, 1 + (index % 2)), enabled: index % 23 !== 0,
        });
    });
    await server.api("POST", "/apply?owner=speed", lines.join("\n"));
}

export const journeys = {
    async "the files in the program are small, and equal to the files in dist/"({ server }) {
        const folder = new URL("../../dist/", import.meta.url);
        const sizes = [];
        for (const name of ["app.js", "app.css"]) {
            const built = await readFile(new URL(name, folder));
            sizes.push(gzipSync(built, { level: 9 }).length);
            if (process.env.CONSOLE_FILES) continue;
            const served = Buffer.from(await (await fetch(`${server.origin}/console/${name}`)).arrayBuffer());
            assert.ok(served.equals(built), `${name} in the program differs from dist/${name}: compile the program again`);
        }
        return hold("KiB gzipped", (sizes[0] + sizes[1]) / 1024, 90);
    },

    async "the first page appears at once, and unchanged files are answered with 304"({ browser, server }) {
        const times = [];
        for (let run = 0; run < 7; run += 1) {
            const { page, context } = await open(browser, server);
            await signIn(page);
            await context.newCDPSession(page).then((session) => session.send("Network.clearBrowserCache"));
            await page.goto("/console/");
            await page.locator("main h1").waitFor();
            times.push(await page.evaluate(firstPaint));
            await context.close();
        }
        for (const name of ["", "app.js", "app.css", "favicon.svg"]) {
            const first = await fetch(`${server.origin}/console/${name}`);
            const again = await fetch(`${server.origin}/console/${name}`, { headers: { "if-none-match": first.headers.get("etag") } });
            assert.deepEqual([first.status, again.status, (await again.arrayBuffer()).byteLength], [200, 304, 0], `/console/${name}`);
        }
        return within("first contentful paint, median of 7", median(times), 400);
    },

    async "a list of ten thousand rules loads, filters and scrolls fast"({ browser, server }) {
        await seedRules(server);
        const { page, faults } = await open(browser, server);
        await signIn(page);
        const said = [];
        const begun = performance.now();
        await page.getByRole("link", { name: "Rules", exact: true }).click();
        await page.getByRole("link", { name: "base-images" }).waitFor();
        said.push(within("from the link to a usable list", performance.now() - begun, 1000));
        await page.waitForFunction(() => /^(10,0\d\d) of \1$/.test(document.querySelector("main h1 + p")?.textContent ?? ""));

        const keys = await page.evaluate(async () => {
            const field = document.querySelector("[data-filter]");
            const times = [];
            for (const text of ["s", "se", "ser", "serv", "service-99", "service-999", "service", "", "web 42", "zzz", "data"]) {
                const begun = performance.now();
                field.value = text;
                field.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                times.push(performance.now() - begun);
                await new Promise((done) => setTimeout(done, 30));
            }
            field.value = "";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            return times;
        });
        said.push(within("a key in the filter, median", median(keys), 50), `worst ${round(Math.max(...keys))}`);

        const frames = await page.evaluate(async () => {
            const list = document.querySelector("[role=table] .scroller");
            const times = [];
            let last = performance.now();
            for (let step = 0; step < 120; step += 1) {
                list.scrollTop += 400;
                await new Promise(requestAnimationFrame);
                const now = performance.now();
                times.push(now - last);
                last = now;
            }
            return times;
        });
        said.push(within("scrolling, p95 of a frame", p95(frames), 60));
        said.push(hold("elements", await page.evaluate(() => document.querySelectorAll("*").length), 600));

        await visit(page, "rules/web-svc-00005");
        const dialog = page.getByRole("dialog");
        await dialog.getByText("Nobody gains or loses a right").waitFor();
        const previews = [];
        for (let run = 0; run < 5; run += 1) {
            await dialog.getByLabel("Tier", { exact: true }).fill(String(run + 1));
            const typed = performance.now();
            await dialog.locator("section[aria-busy=true]").waitFor();
            await dialog.locator("section[aria-busy=false]").waitFor();
            previews.push(performance.now() - typed);
        }
        said.push(within("preview after the last key, median", median(previews), 500));
        assert.deepEqual(faults, []);
        return said.join("; ");
    },
};
