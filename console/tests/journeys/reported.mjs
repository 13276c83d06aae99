// The pages about reports of registries: repositories, usage and activity. Also the page of suggestions.
import assert from "node:assert/strict";
import { look, open, settled, signIn } from "./browser.mjs";
import { digest } from "./seed.mjs";
import { password } from "./server.mjs";

const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const lines = (page, name) => page.getByRole("region", { name, exact: true }).getByRole("listitem");

export const journeys = {
    async "an administrator finds who pulled an image, from its repository, with the keyboard"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "repositories");
        await page.getByRole("table", { name: "Repositories" }).getByText("shop/api").waitFor();
        await page.keyboard.press("/");
        await page.keyboard.type("site");
        await page.getByText("1 of 3").waitFor();
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        await heading(page, "web/site").waitFor();
        // The deletion of the image also removed its older tag.
        await page.getByText(/moved .* by ci-web/).waitFor();
        assert.equal(await lines(page, "Tags").count(), 1);
        await settled(page);
        assert.deepEqual(await look(page), []);

        await page.getByRole("link", { name: digest("b") }).focus();
        await page.keyboard.press("Enter");
        await heading(page, "Who pulled").waitFor();
        assert.deepEqual((await lines(page, "Usage").allInnerTexts()).map((text) => text.split("\n")[0].trim()), ["ci-web 2 pulls of web/site"]);
        assert.equal(await page.getByLabel("Digest of an image").inputValue(), digest("b"));

        await page.getByLabel("Digest of an image").fill("sha256:abc");
        await page.keyboard.press("Enter");
        await page.getByText("is not a digest").first().waitFor();
        await page.getByLabel("Digest of an image").fill(digest("e"));
        await page.keyboard.press("Enter");
        await page.getByText("Nobody pulled it").waitFor();
        assert.deepEqual(faults.filter((fault) => !fault.includes("422")), []);
    },

    async "the list of events is filtered, and the address contains the filter"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "activity");
        await page.getByText("base/linux:a-tag").first().waitFor();
        await page.getByLabel("What was done").selectOption("delete");
        await page.getByRole("button", { name: "Show", exact: true }).click();
        await page.waitForURL(/activity\?action=delete$/);
        await page.waitForFunction(() => document.querySelectorAll("main .lines li").length === 1);
        assert.match(await lines(page, "Activity").first().innerText(), /^delete web\/site by alice/);
        await page.goBack();
        await page.waitForFunction(() => document.querySelectorAll("main .lines li").length > 6);
        await page.goto(`${server.origin}/console/activity?subject=bob`);
        await page.waitForFunction(() => document.querySelectorAll("main .lines li").length === 2);
        await lines(page, "Activity").first().getByRole("link", { name: "bob" }).click();
        await heading(page, "Usage").waitFor();
        assert.equal(await page.getByLabel("User or robot").inputValue(), "bob");
        assert.deepEqual(faults, []);
    },

    async "other people see the repositories that they may pull, and their own usage"({ browser, server }) {
        const { page, faults } = await open(browser, server, { expects: ["404 /api/v1/repositories/registry/web%2Fsite"] });
        await signIn(page, "bob", password, "repositories");
        await page.getByRole("table", { name: "Repositories" }).getByText("shop/api").waitFor();
        await page.getByText("2 of 2").waitFor();
        assert.equal(await page.getByText("web/site").count(), 0);
        assert.equal(await page.getByRole("link", { name: "Activity" }).count(), 0);
        await page.getByRole("link", { name: "shop/api" }).click();
        await page.getByText(/moved .* by bob/).waitFor();
        assert.equal(await page.getByRole("link", { name: /^sha256/ }).count(), 0, "who pulled it is for administrators");
        await page.getByRole("link", { name: "Usage", exact: true }).click();
        await heading(page, "Your usage").waitFor();
        await page.getByText("1 push to").waitFor();
        assert.equal(await page.getByText("ci-web").count(), 0);
        await page.goto(`${server.origin}/console/repositories/web%2Fsite?service=registry`);
        await page.getByText("that you may pull").first().waitFor();
        assert.deepEqual(faults, []);
    },

    async "a suggestion opens its rule with the suggested change, and the dialog shows the effect before the rule is saved"({ browser, server, artefacts }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "suggestions");
        // The rules of the seed are younger than thirty days.
        await page.getByText("Nothing to take away").waitFor();
        await page.getByRole("region", { name: "Held back" }).getByText("a suggestion needs 30 days").first().waitFor();
        assert.deepEqual(await look(page), []);

        const rule = await server.api("GET", "/rules/shop-team");
        const { warnings: _, ...fields } = rule;
        const item = {
            kind: "unused_actions", object: "rule", name: "shop-team", subject: null, services: ["*"], field: "actions", removed: ["push"],
            text: "nobody used `push` of the rule `shop-team`: remove `push`", managed_by: null, asked: 12, granted: 11, used: 10, refused: 0, seen: 1234,
            patch: { ...fields, kind: "rule", actions: ["pull"] }, command: null,
        };
        const answer = { items: [item], omitted: 0, held_back: [], seen: 1234, since: "2026-09-01T00:00:00Z", until: "2026-11-30T00:00:00Z" };
        await page.route("**/api/v1/suggestions", (route) => route.fulfill({ json: answer }));
        await page.reload();
        await page.getByText("refuses 0 of 1,234 seen uses").waitFor();
        await page.getByText("asked 12 · granted 11 · used 10").waitFor();
        await settled(page);
        assert.deepEqual(await look(page), []);
        if (artefacts) await page.screenshot({ path: `${artefacts}/suggestions-light.png` });
        await page.getByRole("button", { name: /^Change the rule/ }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Save: 1 right taken away" }).waitFor();
        assert.match(await dialog.innerText(), /loses\s+group:shop push on shop\/\*\*/);
        await dialog.getByRole("button", { name: "Save: 1 right taken away" }).click();
        await dialog.waitFor({ state: "detached" });
        assert.deepEqual((await server.api("GET", "/rules/shop-team")).actions, ["pull"]);
        await server.api("PUT", "/rules/shop-team", { ...fields, name: undefined });
        assert.deepEqual(faults, []);
    },
};
