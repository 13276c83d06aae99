// Makes, changes and deletes rules with the keyboard. The dialog shows the effect before each write.
import assert from "node:assert/strict";
import { look, open, settled, signIn, visit } from "./browser.mjs";

const inDialog = (page) => page.getByRole("dialog");
const preview = (page) => inDialog(page).getByRole("heading", { name: "What this changes" }).locator("..");
const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

/** Waits for the plan of the typed rule. */
async function planned(page) {
    await page.waitForTimeout(300);
    await preview(page).and(page.locator("[aria-busy=false]")).waitFor();
}

/** Types entries into a field with chips. */
async function type(page, label, ...values) {
    await inDialog(page).getByLabel(label, { exact: true }).focus();
    for (const value of values) {
        await page.keyboard.type(value);
        await page.keyboard.press("Enter");
    }
}

export const journeys = {
    async "a rule is made with the keyboard alone"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules");
        await page.getByRole("link", { name: "New rule" }).focus();
        await page.keyboard.press("Enter");
        await inDialog(page).waitFor();
        await inDialog(page).getByLabel("Name", { exact: true }).focus();
        await page.keyboard.type("ops-team");
        // Tab moves from the effect to the subjects.
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        await page.keyboard.type("group:web,");
        await type(page, "Repositories", "ops/**");
        await type(page, "Actions", "pull", "push");
        await planned(page);
        assert.match(await preview(page).innerText(), /\+ gains\s+group:web pull on ops\/\*\*/);
        const save = inDialog(page).getByRole("button", { name: "Save: 2 rights given" });
        await save.focus();
        await page.keyboard.press("Enter");
        await inDialog(page).waitFor({ state: "detached" });
        await page.getByRole("link", { name: "ops-team" }).waitFor();
        assert.deepEqual((await server.api("GET", "/rules/ops-team")).actions, ["pull", "push"]);
        await server.api("DELETE", "/rules/ops-team");
        assert.deepEqual(faults, []);
    },

    async "the button names the right that a change takes away"({ browser, server, artefacts }) {
        await server.api("PUT", "/rules/narrow", { subjects: ["group:web"], names: ["narrow/**"], actions: ["pull", "push"] });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/narrow");
        await inDialog(page).getByRole("button", { name: "Remove push" }).click();
        await planned(page);
        assert.match(await preview(page).innerText(), /− loses\s+group:web push on narrow\/\*\*/);
        if (artefacts) await page.screenshot({ path: `${artefacts}/rule-preview-light.png` });
        assert.deepEqual(await look(page), []);
        await inDialog(page).getByRole("button", { name: "Save: 1 right taken away" }).click();
        await inDialog(page).waitFor({ state: "detached" });
        assert.deepEqual((await server.api("GET", "/rules/narrow")).actions, ["pull"]);

        await visit(page, "rules/narrow");
        await inDialog(page).getByRole("button", { name: "Delete …" }).click();
        await planned(page);
        await inDialog(page).getByRole("button", { name: "Delete: 1 right taken away" }).click();
        await inDialog(page).waitFor({ state: "detached" });
        await assert.rejects(server.api("GET", "/rules/narrow"), /404/);
    },

    async "a rule that a tool manages can be deleted after the dialog has shown the effect"({ browser, server }) {
        await server.api("PUT", "/rules/kept", { subjects: ["group:web"], names: ["kept/**"], actions: ["pull"], managed_by: "some-tool" });
        const { page, faults } = await open(browser, server, { expects: ["500 /api/v1/preview"] });
        await signIn(page, undefined, undefined, "rules/kept");
        await planned(page);
        // If the server cannot compute the effect, the dialog does not delete the rule.
        await page.route("**/api/v1/preview", (route) => route.fulfill({ status: 500, contentType: "application/problem+json", body: `{"detail":"it failed"}` }));
        await inDialog(page).getByRole("button", { name: "Delete …" }).click();
        await inDialog(page).getByText("it failed").waitFor();
        assert.equal(await inDialog(page).getByRole("button", { name: "Delete", exact: true }).isDisabled(), true);
        await page.unroute("**/api/v1/preview");
        await inDialog(page).getByRole("button", { name: "Keep it" }).click();
        await planned(page);
        await inDialog(page).getByRole("button", { name: "Delete …" }).click();
        await inDialog(page).getByRole("button", { name: "Delete: 1 right taken away" }).click();
        await inDialog(page).waitFor({ state: "detached" });
        await assert.rejects(server.api("GET", "/rules/kept"), /404/);
        assert.deepEqual(faults, []);
    },

    async "the server filters lists of more than twenty thousand rows, by text and by state"({ browser, server }) {
        const { page, faults } = await open(browser, server);
        const asked = [];
        const rule = await server.api("GET", "/rules/web-team");
        await page.route(/\/api\/v1\/rules\?/, (route) => {
            const query = new URL(route.request().url()).searchParams;
            const [from, some] = [Number(query.get("after") ?? 0), Number(query.get("limit"))];
            asked.push(["text", "effect", "enabled"].map((key) => query.get(key)).join(" "));
            // Only a filtered list has a last page; the unfiltered list never ends.
            const next = query.has("enabled") ? null : String(from + some);
            const state = { effect: query.get("effect") ?? "allow", enabled: query.get("enabled") !== "false" };
            const items = Array.from({ length: some }, (_, index) => ({ ...rule, ...state, name: `r-${String(from + index).padStart(6, "0")}` }));
            return route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify({ items, next }) });
        });
        await signIn(page, undefined, undefined, "rules");
        await page.getByText(/of more than 20,000$/).waitFor();
        for (const [state, query] of [["deny", " deny true"], ["off", "  false"], ["allow", " allow true"]]) {
            await page.getByLabel("Effect").selectOption(state);
            await page.getByText("200 of 200").waitFor();
            assert.equal(asked.at(-1), query);
            await page.getByLabel("Effect").selectOption("");
            await page.getByText(/of more than 20,000$/).waitFor();
        }
        await page.getByLabel("Effect").selectOption("deny");
        await page.getByRole("searchbox").fill("shop");
        await page.getByText("200 of 200").waitFor();
        assert.equal(asked.at(-1), "shop deny true");
        assert.deepEqual(faults, []);
    },

    async "slash goes to the filter, arrows move, Enter opens a rule, Escape returns the focus"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules");
        await page.getByRole("table").waitFor();
        await page.keyboard.press("/");
        await page.keyboard.type("team");
        await page.getByText("web-team").waitFor();
        await page.keyboard.press("ArrowDown");
        const inRow = () => page.waitForFunction(() => document.activeElement?.closest("[role=row]"));
        await inRow();
        const first = await focused(page);
        await page.keyboard.press("ArrowDown");
        await page.waitForFunction((was) => document.activeElement?.textContent?.trim() !== was, first);
        const second = await focused(page);
        assert.notEqual(first, second);
        await page.keyboard.press("Enter");
        await inDialog(page).waitFor();
        assert.match(page.url(), new RegExp(`/console/rules/${second}$`));
        await page.keyboard.press("Escape");
        await inDialog(page).waitFor({ state: "detached" });
        assert.equal(await focused(page), second);
        await page.keyboard.press("/");
        await page.keyboard.press("Escape");
        assert.equal(await page.getByRole("searchbox").inputValue(), "");
    },

    async "if two people change one rule, the second sees both versions"({ browser, server, artefacts }) {
        await server.api("PUT", "/rules/shared", { subjects: ["group:web"], names: ["shared/**"], actions: ["pull"] });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/shared");
        await type(page, "Actions", "push");
        await server.api("PATCH", "/rules/shared", { description: "changed meanwhile" });
        await planned(page);
        await inDialog(page).getByRole("button", { name: /^Save/ }).click();
        await page.getByText("Somebody else changed it").waitFor();
        const sides = await inDialog(page).getByRole("table").innerText();
        assert.match(sides, /Actions\s+pull\s+pull, push/);
        assert.match(sides, /Description\s+changed meanwhile/);
        assert.deepEqual(await look(page), []);
        if (artefacts) await page.screenshot({ path: `${artefacts}/rule-conflict-light.png` });
        await inDialog(page).getByRole("button", { name: "Keep editing yours" }).click();
        await inDialog(page).getByLabel("Description").fill("changed meanwhile");
        await planned(page);
        await inDialog(page).getByRole("button", { name: /^Save/ }).click();
        await inDialog(page).waitFor({ state: "detached" });
        const saved = await server.api("GET", "/rules/shared");
        assert.deepEqual([saved.actions, saved.description], [["pull", "push"], "changed meanwhile"]);
        await server.api("DELETE", "/rules/shared");
    },

    async "the dialog says that somebody deleted the rule before it was saved"({ browser, server }) {
        await server.api("PUT", "/rules/gone", { subjects: ["group:web"], names: ["gone/**"], actions: ["pull"] });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/gone");
        await type(page, "Actions", "push");
        await server.api("DELETE", "/rules/gone");
        await planned(page);
        await inDialog(page).getByRole("button", { name: /^Save/ }).click();
        await page.getByText("Somebody else deleted it").waitFor();
        await inDialog(page).getByRole("button", { name: "Keep editing yours" }).click();
        await planned(page);
        await inDialog(page).getByRole("button", { name: /^Save/ }).click();
        await inDialog(page).waitFor({ state: "detached" });
        await server.api("DELETE", "/rules/gone");
    },

    async "the server's refusal is shown at the field, and the typed text stays"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page);
        await visit(page, "rules?new=1");
        await inDialog(page).getByLabel("Name", { exact: true }).fill("refused");
        await type(page, "Who", "group:web");
        await type(page, "Repositories", "a//b");
        await inDialog(page).getByText("a segment before, after or between").waitFor();
        await type(page, "Actions", "pull");
        await planned(page);
        // The fault is shown once, at its field. The dialog cannot save a change that the server would refuse.
        assert.match(await preview(page).innerText(), /The server refuses this/);
        assert.doesNotMatch(await inDialog(page).innerText(), /an empty segment|the input does not fit|Request id/);
        assert.equal(await inDialog(page).getByRole("button", { name: "Save", exact: true }).isDisabled(), true);
        await page.keyboard.press("Tab");
        await inDialog(page).getByRole("button", { name: "Remove a//b" }).click();
        await type(page, "Repositories", "a/b");
        await planned(page);
        await inDialog(page).getByRole("button", { name: "Save: 1 right given" }).waitFor();
        await settled(page);
    },
};
