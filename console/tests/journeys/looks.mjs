// Opens every page in windows of several sizes and schemes. Axe must find no fault, no page may be wider than its window,
// and the browser must report no error.
import assert from "node:assert/strict";
import { look, open, settled, sideways, signIn, visit } from "./browser.mjs";
import { password } from "./server.mjs";

const question = "subject=user%3Aalice&service=registry&scope=repository%3Aweb%2Fold%2Fx%3Apull%2Cpush+repository%3Ashop%2Fapi%3Apush";

/** The pages as an administrator sees them. `wait` is a text that is visible once the page has loaded. */
const pages = [
    { name: "overview", path: "", wait: "This installation" },
    { name: "rules", path: "rules", wait: "web-team" },
    { name: "rule", path: "rules/web-team", wait: "What this changes" },
    { name: "rule-new", path: "rules?new=1", wait: "What this changes" },
    { name: "rules-missing", path: "rules/no-such-rule", wait: "there is no" },
    { name: "explain", path: "explain", wait: "Ask about somebody" },
    { name: "explain-answer", path: `explain?${question}`, wait: "denies it" },
    { name: "suggestions", path: "suggestions", wait: "Held back" },
    { name: "who-can", path: "who-can", wait: "Ask about a repository" },
    { name: "who-can-answer", path: "who-can?service=registry&names=web%2Fsite+office%2Fx&actions=pull+push+delete", wait: "group:web" },
    { name: "users", path: "users", wait: "Users" },
    { name: "user", path: "users/alice", wait: "alice" },
    { name: "robots", path: "robots", wait: "Robots" },
    { name: "robot", path: "robots/ci-web", wait: "ci-web" },
    { name: "groups", path: "groups", wait: "Groups" },
    { name: "group", path: "groups/web", wait: "web" },
    { name: "services", path: "services", wait: "Registries" },
    { name: "service", path: "services/registry", wait: "registry" },
    { name: "repositories", path: "repositories", wait: "base/linux" },
    { name: "repository", path: "repositories/base%2Flinux?service=registry", wait: "a-tag-with-a-name" },
    { name: "usage", path: "usage", wait: "shop/api" },
    { name: "pulls", path: `usage?digest=sha256:${"b".repeat(64)}`, wait: "Who pulled" },
    { name: "activity", path: "activity", wait: "shop/api" },
    { name: "me", path: "me", wait: "Your access" },
    { name: "not-found", path: "no/such/page", wait: "There is no such page" },
];

/** The pages as a user sees them who is not an administrator. */
const own = [
    { name: "own-me", path: "me", wait: "Your access" },
    { name: "own-explain", path: "explain?scope=repository%3Aweb%2Fsite%3Apush&service=registry", wait: "No rule allows it" },
    { name: "own-repositories", path: "repositories", wait: "shop/api" },
    { name: "own-repository", path: "repositories/shop%2Fapi?service=registry", wait: "v1" },
    { name: "own-usage", path: "usage", wait: "shop/api" },
    { name: "own-activity", path: "activity", wait: "There is no such page" },
    { name: "own-rules", path: "rules", wait: "There is no such page" },
];

const wide = { width: 1440, height: 900 };
const small = { width: 360, height: 780 };

/** The shapes: options of the window, size of the text, and the rules of axe to check (absent: all). */
const shapes = [
    { name: "light", options: { viewport: wide, colorScheme: "light" }, picture: true },
    { name: "dark", options: { viewport: wide, colorScheme: "dark" }, picture: true, only: ["color-contrast"] },
    { name: "360", options: { viewport: small, colorScheme: "light", hasTouch: true }, picture: true },
    { name: "360-dark", options: { viewport: small, colorScheme: "dark" }, only: ["color-contrast"] },
    { name: "forced", options: { viewport: wide, forcedColors: "active" }, picture: true },
    { name: "large-text", options: { viewport: wide }, text: "30px" },
    { name: "large-text-360", options: { viewport: small }, text: "30px", only: ["target-size"] },
    { name: "2560", options: { viewport: { width: 2560, height: 1440 } }, only: ["target-size"] },
    { name: "820", options: { viewport: { width: 820, height: 900 } }, only: ["target-size"] },
];

async function shape({ browser, server, artefacts }, { name, options, picture, text, only }, list, signedIn, files) {
    const { page, faults } = await open(browser, server, { ...options, reducedMotion: "reduce", files, expects: ["404 /api/v1/rules/no-such-rule"] });
    await signedIn(page);
    if (text) await page.evaluate((size) => (document.documentElement.style.fontSize = size), text);
    const found = [];
    for (const one of list) {
        await visit(page, one.path);
        const there = page.locator("main, dialog").getByText(one.wait);
        if (!files) await there.first().waitFor({ timeout: 8000 }).catch(() => found.push(`${one.name}: \`${one.wait}\` is not there`));
        await settled(page);
        found.push(...(await look(page, only)).map((what) => `${one.name}: ${what}`));
        const over = await sideways(page);
        if (over > 0) found.push(`${one.name}: ${over} px too wide`);
        if (artefacts && picture) await page.screenshot({ path: `${artefacts}/${one.name}-${name}.png` });
    }
    found.push(...faults);
    assert.deepEqual(found, [], `in the shape ${name}`);
}

const admin = (page) => signIn(page);
const person = (page) => signIn(page, "bob", password);

const of = (name) => shapes.find((one) => one.name === name);

/** One journey for each shape: the pages of administrators first, then the pages of everybody else. */
export const journeys = {
    ...Object.fromEntries(shapes.map((one) => [`administrator, ${one.name}`, (given) => shape(given, one, pages, admin)])),
    ...Object.fromEntries(["light", "dark", "360"].map((name) => [`everybody, ${name}`, (given) => shape(given, of(name), own, person)])),
};

/** Further journeys in the made-up language. Every text is a third longer, and the pages must still fit. */
if (process.env.CONSOLE_PSEUDO) {
    for (const name of ["light", "360"]) {
        journeys[`made-up language, ${name}`] = (given) => shape(given, { ...of(name), picture: false, name: "pseudo" }, pages, admin, process.env.CONSOLE_PSEUDO);
    }
}
