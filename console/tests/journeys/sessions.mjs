// Sign-outs, the Back button of the browser, and two accounts in one browser.
import assert from "node:assert/strict";
import { open, settled, signIn } from "./browser.mjs";
import { password } from "./server.mjs";

/** Returns the text of a page and the contents of its fields, joined to one text. */
const shown = (page) => page.evaluate(() => [document.body.innerText, ...[...document.querySelectorAll("input")].map((one) => one.value)].join("\n"));

async function fillSignIn(page, name) {
    await page.getByLabel(/name/i).first().fill(name);
    await page.getByLabel(/password/i).first().fill(password);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/console\//);
}

export const journeys = {
    async "after a sign-out, Back shows no data, and a new sign-in leads to the console"({ browser, server }) {
        const { page, faults } = await open(browser, server, { expects: ["401 /api/v1/me"] });
        await signIn(page, undefined, undefined, "users");
        await page.getByRole("link", { name: "alice", exact: true }).click();
        await page.getByRole("heading", { name: "alice" }).waitFor();
        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await page.waitForURL(/\/signin\?to=console$/);
        for (let step = 0; step < 2; step += 1) {
            await page.goBack();
            await page.waitForURL(/\/signin/);
            await page.getByLabel(/password/i).first().waitFor();
            assert.ok(!/alice|web-team/.test(await shown(page)));
        }
        await fillSignIn(page, "bob");
        await page.waitForURL(/\/console\//);
        assert.deepEqual(faults, []);
    },

    async "a sign-out leads to the sign-in page even if the session has ended already"({ browser, server }) {
        const { page, context } = await open(browser, server);
        await signIn(page, undefined, undefined, "users");
        await page.getByRole("link", { name: "alice", exact: true }).waitFor();
        await context.clearCookies();
        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await page.waitForURL(/\/signin\?to=console$/);
    },

    async "a page that the browser restores from its cache is shown empty, and loads again"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "users");
        await page.getByRole("link", { name: "alice", exact: true }).waitFor();
        // Sends the browser's event for a restored page, because the browser does not always keep pages.
        const left = await page.evaluate(async () => {
            dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
            await Promise.resolve();
            return document.querySelector("#app").innerText;
        });
        assert.equal(left.trim(), "");
        await page.getByRole("link", { name: "alice", exact: true }).waitFor();
    },

    async "a sign-in leads to the question in the address that a colleague sent"({ browser, server }) {
        const { page, faults } = await open(browser, server, { expects: ["401 /api/v1/me"] });
        const question = "explain?subject=user%3Aalice&service=registry&scope=repository%3Ashop%2Fapi%3Apush+repository%3Aweb%2Fsite%3Apull";
        await signIn(page, undefined, undefined, question);
        assert.equal(page.url(), `${server.origin}/console/${question}`);
        await page.getByText("No rule allows it").first().waitFor();
        await page.getByText("granted", { exact: true }).waitFor();
        assert.deepEqual(faults, []);
    },

    async "a tab sends no writes after somebody else signed in in another tab"({ browser, server }) {
        await server.api("PUT", "/users/jana", { password, admin: true });
        const { page, context, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/web-team");
        const dialog = page.getByRole("dialog");
        const before = (await server.api("GET", "/rules/web-team")).description;
        await dialog.getByLabel("Description").fill("typed by the first");
        await dialog.locator("section[aria-busy=false]").waitFor();
        const second = await context.newPage();
        await second.goto("/signin?to=console");
        if (/\/console\//.test(second.url())) await second.getByRole("button", { name: "Sign out", exact: true }).click();
        await fillSignIn(second, "jana");
        await dialog.getByRole("button", { name: "Save", exact: true }).click();
        await dialog.getByText("Not sent: somebody else is signed in").waitFor();
        assert.equal(await dialog.getByLabel("Description").inputValue(), "typed by the first");
        assert.equal((await server.api("GET", "/rules/web-team")).description, before);
        await page.getByText("user:jana is signed in in this browser now. This page still belongs to user:admin").waitFor();
        // The second Esc discards the typed text.
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Go on as user:jana" }).click();
        await page.getByRole("region", { name: "Your account" }).getByText("jana").waitFor();
        await settled(page);

        // The page also notices the other account without a write, when the window gets the focus.
        await server.api("PUT", "/users/karl", { password, admin: true });
        await second.getByRole("button", { name: "Sign out", exact: true }).click();
        await fillSignIn(second, "karl");
        await page.evaluate(() => dispatchEvent(new Event("focus")));
        await page.getByRole("button", { name: "Go on as user:karl" }).waitFor();
        for (const name of ["jana", "karl"]) await server.api("DELETE", `/users/${name}`);
        assert.deepEqual(faults, []);
    },
};
