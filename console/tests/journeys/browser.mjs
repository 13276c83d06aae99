// Starts Chromium. Opens pages that note their errors, signs in, and runs axe.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { password } from "./server.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const axe = await readFile(at("../../node_modules/axe-core/axe.min.js"), "utf8");
const names = ["index.html", "app.js", "app.css", "favicon.svg"];
const types = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };

export async function launch() {
    return chromium.launch({ executablePath: process.env.CONSOLE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/**
 * Opens a window with its own cookies. `faults` collects the errors and warnings that the browser reports, each answer
 * with status 400 or above, and each request to another server. `expects` lists answers that are not faults, such as
 * `404 /api/v1/rules/gone`. A `*` at the end of an entry matches any text.
 */
export async function open(browser, server, { files, expects = [], ...options } = {}) {
    const context = await browser.newContext({ baseURL: server.origin, viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
    context.setDefaultTimeout(15_000);
    const folder = files ?? process.env.CONSOLE_FILES;
    if (folder) await replace(context, folder);
    const page = await context.newPage();
    const faults = [];
    page.on("console", (message) => {
        if (!["error", "warning"].includes(message.type())) return;
        const failed = /^Failed to load resource/.test(message.text()) && failureOf(message);
        // While `signIn` opens the first page, nobody is signed in yet, so this answer is expected.
        if (context.arriving && failed === "401 /api/v1/me") return;
        if (failed && expects.some((one) => (one.endsWith("*") ? failed.startsWith(one.slice(0, -1)) : failed === one))) return;
        faults.push(failed || message.text());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("request", (request) => {
        if (!request.url().startsWith(server.origin) && !/^(data|blob|about):/.test(request.url())) faults.push(`a request to ${request.url()}`);
    });
    await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return { context, page, faults };
}

/** Returns the status and the path of a request that failed. Status 0 means that there was no answer. */
function failureOf(message) {
    const status = message.text().match(/status of (\d+)/)?.[1] ?? "0";
    return `${status} ${new URL(message.location().url).pathname}`;
}

/** Serves the console's files from a folder instead of the files in the program. Keeps the headers of the server. */
async function replace(context, folder) {
    context.replaced = true;
    await context.route(/\/console\//, async (route) => {
        const last = new URL(route.request().url()).pathname.split("/").pop();
        const name = names.includes(last) ? last : "index.html";
        const response = await route.fetch().catch(() => null);
        // There is no response if the window was closed meanwhile.
        if (!response) return;
        const headers = { ...response.headers(), "content-type": types[name.split(".").pop()] };
        delete headers["content-encoding"];
        delete headers.etag;
        await route.fulfill({ status: 200, headers, body: await readFile(`${folder}/${name}`) }).catch(() => null);
    });
}

export async function signIn(page, name = "admin", secret = password, to = "") {
    page.context().arriving = true;
    await page.goto(`/console/${to}`);
    await page.waitForURL(/\/signin/);
    await page.getByLabel(/name/i).first().fill(name);
    await page.getByLabel(/password/i).first().fill(secret);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/console\//);
    // `replace` does not change the target of a redirect. A reload requests the page again, and then gets the replaced files.
    if (page.context().replaced) await page.reload();
    await page.locator("main h1").waitFor();
    page.context().arriving = false;
}

/** Goes to a page by the router, without loading the document again. */
export async function visit(page, path) {
    await page.evaluate((to) => {
        history.pushState(null, "", `/console/${to}`);
        dispatchEvent(new PopStateEvent("popstate"));
    }, path);
    await settled(page);
}

/** Waits until no request and no animation runs. */
export async function settled(page) {
    await page.locator("main h1, main h2").first().waitFor();
    await page.waitForLoadState("networkidle");
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))));
}

/** Returns the faults that axe finds, one line for each. */
export async function look(page, only) {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    return page.evaluate(async (rules) => {
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        const found = await window.axe.run(document, { runOnly: rules ? { type: "rule", values: rules } : { type: "tag", values: tags }, resultTypes: ["violations"] });
        return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} (${node.failureSummary.replace(/\s+/g, " ")})`).join("; ")}`);
    }, only);
}

/** Returns the pixels by which the page is wider than the window. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
