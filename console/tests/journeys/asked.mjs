// The pages that explain a decision, and that list who may do an action.
import assert from "node:assert/strict";
import { look, open, signIn, visit } from "./browser.mjs";
import { password } from "./server.mjs";

const inDialog = (page) => page.getByRole("dialog");

export const journeys = {
    async "the page explains a denial, and offers a rule that allows exactly the denied action"({ browser, server, artefacts }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "explain");
        await page.getByLabel("Who").fill("user:alice");
        await page.getByLabel("Registry", { exact: true }).selectOption("registry");
        await page.getByLabel("Repository").fill("repository:shop/api:push");
        await page.keyboard.press("Enter");
        await page.getByText("No rule allows it").waitFor();
        assert.match(page.url(), /scope=repository%3Ashop%2Fapi%3Apush/);
        const near = page.getByRole("row", { name: /shop-team/ });
        assert.match(await near.innerText(), /group:shop/);
        assert.equal(await near.locator("td.no").count(), 1);
        if (artefacts) await page.screenshot({ path: `${artefacts}/explain-denied-light.png` });

        await page.getByRole("button", { name: "Allow it: new rule …" }).click();
        await inDialog(page).getByRole("button", { name: "Save: 1 right given" }).waitFor();
        assert.match(await inDialog(page).innerText(), /\+ gains\s+user:alice push on shop\/api/);
        if (artefacts) await page.screenshot({ path: `${artefacts}/explain-allow-light.png` });
        assert.deepEqual(await look(page), []);
        await page.keyboard.press("Escape");

        await near.getByRole("button", { name: "Add alice to shop …" }).click();
        await inDialog(page).getByRole("button", { name: /^Add: \d+ rights? given/ }).waitFor();
        assert.match(await inDialog(page).innerText(), /shop\/\*\*/);
        await page.keyboard.press("Escape");

        await page.getByRole("button", { name: "Allow it: new rule …" }).click();
        await inDialog(page).getByRole("button", { name: "Save: 1 right given" }).click();
        await page.getByText("granted", { exact: true }).waitFor();
        const made = await server.api("GET", "/rules/alice-shop-api");
        assert.deepEqual([made.subjects, made.names, made.actions, made.services], [["user:alice"], ["shop/api"], ["push"], ["registry"]]);
        await server.api("DELETE", "/rules/alice-shop-api");
        assert.deepEqual(faults, []);
    },

    async "people ask about themselves, and get a text to send to an administrator"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, "bob", password, "explain");
        assert.equal(await page.getByLabel("Who").count(), 0);
        await page.getByLabel("Repository").fill("web/site");
        await page.getByRole("button", { name: "Explain" }).click();
        await page.getByText("No rule allows it").first().waitFor();
        await page.getByText("Somebody who administers this server").waitFor();
        assert.match(await page.locator("pre").innerText(), /user:bob asks for .*\/console\/explain\?subject=user%3Abob/s);
        assert.equal(await page.getByRole("button", { name: /Allow it/ }).count(), 0);
    },

    async "the page Who can shows a table of several repositories, with conditions"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "who-can");
        const names = page.getByLabel("Repository", { exact: true });
        await names.fill("web/site");
        await names.press("Enter");
        await names.fill("office/x");
        await names.press("Enter");
        await page.getByRole("button", { name: "Show", exact: true }).click();
        const web = page.getByRole("row", { name: /^group:web/ });
        await web.waitFor();
        assert.deepEqual((await web.locator("td").allInnerTexts()).map((text) => /web-team/.test(text)), [true, true, false, false, false, false]);
        await page.getByText("office: from 10.0.0.0/8").waitFor();

        await page.getByLabel("Show each user").check();
        await page.getByRole("button", { name: "Show", exact: true }).click();
        await page.getByRole("row", { name: /^user:alice/ }).waitFor();

        const only = page.getByLabel("Only these users and robots");
        await only.fill("user:bob");
        await only.press("Enter");
        await page.getByRole("button", { name: "Show", exact: true }).click();
        const bob = page.getByRole("row", { name: /^user:bob/ });
        await bob.waitFor();
        assert.equal(await page.locator("tbody tr").count(), 1);
        await bob.getByRole("link", { name: "may not: why?" }).first().click();
        await page.getByText("No rule allows it").waitFor();

        // Asks about three users: alice may pull and push web/site, bob may pull and push shop/api, and at-rest is
        // disabled. The address names alice and web/site twice. The table shows each once.
        await server.api("PUT", "/users/at-rest", { disabled: true });
        await server.api("PUT", "/groups/shop/members/user:at-rest");
        const repositories = "web%2Fsite+shop%2Fapi+web%2Fsite";
        await page.goto(`/console/who-can?service=registry&names=${repositories}&actions=pull+push+delete&subjects=user:alice+user:bob+user:alice+user:at-rest`);
        const cells = async (who) => (await page.getByRole("row", { name: new RegExp(`^${who}`) }).locator("td").allInnerTexts()).map((text) => text.match(/[a-z-]+-team/)?.[0] ?? "");
        await page.getByRole("row", { name: /^user:alice/ }).waitFor();
        assert.deepEqual(await cells("user:alice"), ["web-team", "web-team", "", "", "", ""]);
        assert.deepEqual(await cells("user:bob"), ["", "", "", "shop-team", "shop-team", ""]);
        assert.deepEqual(await cells("user:at-rest"), ["", "", "", "", "", ""]);
        await server.api("DELETE", "/users/at-rest");
        assert.deepEqual(faults, []);
    },

    async "an address with repeated scopes and repeated malformed scopes works"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "explain");
        await page.goto("/console/explain?subject=user:alice&service=registry&scope=repository:web/site:pull,pull+repository:web/site:pull+repository:A//b:pull+repository:A//b:pull");
        await page.getByText("granted", { exact: true }).first().waitFor();
        assert.deepEqual(faults, []);
    },

    async "both pages name the freeze that denies an action, and the exception repeats the granted actions"({ browser, server, artefacts }) {
        const { page, faults } = await open(browser, server, { expects: ["422 /api/v1/check"] });
        await signIn(page);
        await visit(page, "who-can?service=registry&names=web%2Fold%2Fx&actions=push");
        const nobody = page.getByRole("listitem").filter({ hasText: "Nobody may push" });
        await nobody.getByText("denies it").waitFor();
        assert.match(await nobody.innerText(), /freeze denies it.*web-team/s);
        assert.equal(await page.getByRole("main").getByRole("link", { name: "New rule" }).count(), 0);
        assert.deepEqual(await look(page), []);
        await nobody.getByRole("link", { name: "freeze" }).click();
        await inDialog(page).waitFor();
        await page.goBack();

        await page.goto("/console/explain");
        // The page completes the bare name of a known user, and sends no unknown name to the server.
        await page.getByLabel("Who").fill("alice");
        await page.getByLabel("Repository").fill("repository:web/old/x:push");
        await page.keyboard.press("Enter");
        await page.getByText("denies it in tier 0").waitFor();
        assert.match(page.url(), /subject=user%3Aalice/);
        assert.equal(await page.getByLabel("Who").inputValue(), "user:alice");
        await page.getByRole("button", { name: "Make an exception: new rule …" }).click();
        await inDialog(page).getByRole("button", { name: /^Save: \d+ rights? given/ }).waitFor();
        assert.match(await inDialog(page).innerText(), /\+ gains\s+user:alice push on web\/old\/x/);
        if (artefacts) await page.screenshot({ path: `${artefacts}/explain-exception-light.png` });
        await inDialog(page).getByRole("button", { name: /^Save/ }).click();
        await page.getByRole("article").filter({ hasText: "push granted by alice-web-old-x" }).waitFor();
        await page.getByText("alice-web-old-x is saved.").waitFor();
        const made = await server.api("GET", "/rules/alice-web-old-x");
        assert.deepEqual([made.priority, made.actions, made.subjects, made.names], [1, ["pull", "push"], ["user:alice"], ["web/old/x"]]);
        await server.api("DELETE", "/rules/alice-web-old-x");

        await page.getByLabel("Who").fill("nobody-here");
        await page.keyboard.press("Enter");
        await page.getByText("nobody-here: there is no such user or robot").waitFor();
        assert.equal(await page.getByText("Request id").count(), 0);
        assert.deepEqual(faults, []);
    },

    async "the answer and its buttons fit a window of 1,280 pixels"({ browser, server }) {
        const { page } = await open(browser, server, { viewport: { width: 1280, height: 800 } });
        await signIn(page);
        await visit(page, "explain?subject=user%3Aalice&service=registry&scope=repository%3Ashop%2Fapi%3Apush");
        const add = page.getByRole("button", { name: "Add alice to shop …" });
        await add.waitFor();
        const over = await page.locator("article .scroll").first().evaluate((one) => one.scrollWidth - one.clientWidth);
        assert.ok(over <= 0, `${over} px are cut off`);
        assert.equal(await page.getByRole("button", { name: "Add alice to admins …" }).count(), 0);
    },

    async "the default registry is that of the first start, then the last chosen registry"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "explain");
        const registry = page.getByLabel("Registry", { exact: true });
        await page.waitForFunction(() => document.querySelector("main select")?.value === "registry");
        await registry.selectOption("mirror.example.org");
        await page.getByRole("link", { name: "Who can" }).click();
        await page.waitForFunction(() => document.querySelector("main h1")?.textContent === "Who can" && document.querySelector("main select")?.value === "mirror.example.org");
    },
};
