// Opens the dialogs of people and registries in windows of several sizes and schemes. Axe must find no fault, and no dialog
// may be wider than its window.
import assert from "node:assert/strict";
import { look, open, settled, sideways, signIn, visit } from "./browser.mjs";

/** The dialogs. `path` is the page, `opens` the button that opens the dialog, and `choose` the choices to make in the dialog. */
const dialogs = [
    { name: "user-new", path: "users", opens: "New user" },
    { name: "user-edit", path: "users/alice", opens: "Edit" },
    { name: "user-password", path: "users/alice", opens: "New password" },
    { name: "user-delete", path: "users/alice", opens: "Delete …" },
    { name: "robot-new", path: "robots", opens: "New robot" },
    { name: "robot-edit", path: "robots/ci-web", opens: "Edit" },
    { name: "group-edit", path: "groups/web", opens: "Edit" },
    { name: "group-delete", path: "groups/web", opens: "Delete …" },
    { name: "key-new", path: "users/alice", opens: "New access key", choose: ["only …", "on a day"] },
    { name: "key", path: "robots/ci-web", opens: "Details a name without any space that is as long as it may be" },
    { name: "service-new", path: "services", opens: "New registry" },
    { name: "service-edit", path: "services/mirror.example.org", opens: "Edit", unfold: "Trust, key ids, push" },
    { name: "service-delete", path: "services/mirror.example.org", opens: "Delete …" },
    { name: "user-invite", path: "users/unasked", opens: "Invite" },
    { name: "join", path: "explain?subject=user%3Aalice&service=registry&scope=repository%3Ashop%2Fapi%3Apush", opens: "Add alice to shop …" },
    { name: "own-password", path: "me", opens: "Change password" },
];

/** The shapes: options of the window, size of the text, and the rules of axe to check (absent: all). */
const shapes = [
    { name: "dark", options: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }, picture: true, only: ["color-contrast"] },
    { name: "360", options: { viewport: { width: 360, height: 780 }, hasTouch: true }, picture: true },
    { name: "large-text-360", options: { viewport: { width: 360, height: 780 } }, text: "30px" },
];

/** Returns the pixels by which the content is wider than the dialog. */
const inside = (page) => page.getByRole("dialog").evaluate((one) => Math.max(...[one, ...one.querySelectorAll(".content, .foot")].map((part) => part.scrollWidth - part.clientWidth)));

async function shape({ browser, server, artefacts }, { name, options, picture, text, only }) {
    const long = "a name without any space that is as long as it may be";
    const key = await server.api("POST", "/robots/ci-web/access-keys", { name: long, expires_at: null, scopes: [`repository:${"x".repeat(120)}/**:pull`] });
    await server.api("PUT", "/users/unasked", {});
    const { page, faults } = await open(browser, server, { ...options, reducedMotion: "reduce" });
    await signIn(page);
    if (text) await page.evaluate((size) => (document.documentElement.style.fontSize = size), text);
    const found = [];
    for (const one of dialogs) {
        await visit(page, one.path);
        await page.getByRole("main").getByRole("button", { name: one.opens, exact: true }).click();
        const dialog = page.getByRole("dialog");
        await dialog.waitFor();
        for (const label of one.choose ?? []) await dialog.getByLabel(label).check();
        if (one.unfold) await dialog.getByText(one.unfold).click();
        await page.waitForTimeout(300);
        await settled(page);
        found.push(...(await look(page, only)).map((what) => `${one.name}: ${what}`));
        for (const over of [await sideways(page), await inside(page)]) if (over > 0) found.push(`${one.name}: ${over} px too wide`);
        if (artefacts && picture) await page.screenshot({ path: `${artefacts}/dialog-${one.name}-${name}.png` });
        // After a choice in the dialog, the first Esc only warns.
        for (let tries = 0; tries < 2 && (await dialog.count()); tries += 1) await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
    }
    await server.api("DELETE", `/access-keys/${key.id}`);
    await server.api("DELETE", "/users/unasked");
    assert.deepEqual([...found, ...faults], [], `in the shape ${name}`);
}

export const journeys = Object.fromEntries(shapes.map((one) => [`each, ${one.name}`, (given) => shape(given, one)]));
