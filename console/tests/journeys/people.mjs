// Makes, changes and deletes users, robots, groups and access keys. The dialogs show the effect before each write.
import assert from "node:assert/strict";
import { look, open, settled, signIn } from "./browser.mjs";
import { password } from "./server.mjs";

const dialog = (page) => page.getByRole("dialog");
const button = (page, name) => dialog(page).getByRole("button", { name });
const gone = (page) => dialog(page).waitFor({ state: "detached" });

/** Returns the status that the API answers to a credential. */
async function statusOf(server, name, secret) {
    const authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
    return (await fetch(`${server.origin}/api/v1/me`, { headers: { authorization } })).status;
}

/** Signs a user in as `docker login` does. */
async function dockerLogin(server, name) {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    const answer = await fetch(`${server.origin}/token?service=registry&offline_token=true&client_id=docker`, { headers: { authorization } });
    assert.equal(answer.status, 200);
}

async function picture(page, artefacts, name) {
    if (!artefacts) return;
    await settled(page);
    await page.screenshot({ path: `${artefacts}/${name}-light.png` });
}

export const journeys = {
    async "a user is made and invited, and sets the first password"({ browser, server, artefacts }) {
        const { page, faults } = await open(browser, server, { expects: ["404 /api/v1/groups/nothing"] });
        await signIn(page, undefined, undefined, "users");
        await page.getByRole("button", { name: "New user" }).click();
        await dialog(page).getByLabel("Name", { exact: true }).fill("Dora");
        await dialog(page).getByLabel("Labels").fill("team=web");
        await page.keyboard.press("Enter");
        // The preview of a new user shows the rule that lets every signed-in user pull the base images.
        await dialog(page).getByText("base/*").waitFor();
        await button(page, "Save: 1 right given").waitFor();
        // The dialog refuses an unknown group. For an existing group it shows the rights of the group's rules.
        await dialog(page).getByLabel("Groups").fill("group:nothing");
        await page.keyboard.press("Enter");
        await dialog(page).getByText("There is no group:nothing.").waitFor();
        assert.equal(await button(page, /^Save/).isDisabled(), true);
        await button(page, "Remove group:nothing").click();
        await dialog(page).getByLabel("Groups").fill("web");
        await button(page, "Save: 3 rights given").waitFor();
        assert.deepEqual(await look(page), []);
        await button(page, "Save: 3 rights given").click();
        await page.getByRole("heading", { name: "Dora" }).waitFor();
        const dora = await server.api("GET", "/users/Dora");
        assert.deepEqual([dora.labels, dora.groups], [{ team: ["web"] }, ["web"]]);

        await page.getByRole("button", { name: "Invite" }).click();
        await button(page, "Make the link").click();
        const link = await dialog(page).locator("code").innerText();
        assert.ok(link.startsWith(`${server.origin}/signin/invite/`), link);
        await picture(page, artefacts, "user-invited");
        assert.deepEqual(await look(page), []);
        // Esc does not discard the shown link, not even the second Esc.
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        assert.equal(await dialog(page).locator("code").innerText(), link);
        await button(page, "Close: the link is not shown again").click();
        const guest = await open(browser, server);
        await guest.page.goto(link);
        for (const field of await guest.page.locator("input[type=password]").all()) await field.fill(password);
        await guest.page.keyboard.press("Enter");
        await guest.page.waitForLoadState("networkidle");
        assert.equal(await statusOf(server, "Dora", password), 200);
        await server.api("DELETE", "/users/Dora");
        assert.deepEqual(faults, []);
    },

    async "an access key is made, narrowed and revoked with the keyboard alone"({ browser, server, artefacts }) {
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "users/alice");
        await page.getByRole("button", { name: "New access key" }).focus();
        await page.keyboard.press("Enter");
        await dialog(page).waitFor();
        // The focus starts in the name. Tab moves to the end of the key, then to its rights.
        await page.keyboard.type("laptop");
        await page.keyboard.press("Tab");
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("Tab");
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Tab");
        await page.keyboard.type("web/**");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Space");
        await dialog(page).getByText("= pull, push in all below web/").waitFor();
        await picture(page, artefacts, "key-new");
        assert.deepEqual(await look(page), []);
        await page.keyboard.press("Enter");
        const secret = dialog(page).getByText(/^ptr_[A-Za-z0-9]{49}$/);
        await secret.waitFor();
        const key = await secret.innerText();
        assert.equal(await statusOf(server, "alice", key), 200);
        const [made] = (await server.api("GET", "/users/alice/access-keys")).items;
        assert.deepEqual(made.scopes, ["repository:web/**:pull,push"]);
        const days = (Date.parse(made.expires_at) - Date.now()) / 86_400_000;
        assert.ok(days > 29 && days < 30.1, `${days} days`);
        await picture(page, artefacts, "key-made");
        assert.deepEqual(await look(page), []);
        await page.keyboard.press("Escape");
        await dialog(page).getByText("Copy it first").waitFor();
        await button(page, "Close: the key is not shown again").focus();
        await page.keyboard.press("Enter");
        await gone(page);
        assert.ok(!(await page.content()).includes(key), "the secret is shown once");

        await page.getByRole("button", { name: "Details laptop" }).focus();
        await page.keyboard.press("Enter");
        await dialog(page).getByText(/^repository:web/).waitFor();
        await picture(page, artefacts, "key-details");
        const revoke = button(page, "Revoke: laptop stops working");
        while (!(await revoke.evaluate((one) => one === document.activeElement))) await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await gone(page);
        await page.getByText("No access keys.").waitFor();
        await page.getByText("laptop is revoked").waitFor();
        assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Access keys");
        assert.equal(await statusOf(server, "alice", key), 401);
        assert.deepEqual(faults, []);
    },

    async "a new key replaces a key with the same rights, and then the old key is revoked"({ browser, server, artefacts }) {
        const day = 86_400_000;
        const expires_at = new Date(Date.now() + 30 * day).toISOString();
        const old = await server.api("POST", "/robots/ci-web/access-keys", { name: "build", expires_at, scopes: ["repository:web/**:pull"] });
        const { page, context, faults } = await open(browser, server);
        await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
        await signIn(page, undefined, undefined, "robots/ci-web");
        await page.getByText("A robot has no sign-ins").waitFor();
        await page.getByText(old.id.slice(0, 13)).waitFor();
        await page.getByRole("button", { name: "Details build" }).click();
        await button(page, "Replace …").click();
        assert.equal(await dialog(page).getByLabel("Name", { exact: true }).inputValue(), "build-2");
        assert.equal(await dialog(page).getByLabel("30 days").isChecked(), true);
        await button(page, "Make the key").click();
        const revoke = button(page, "Revoke the old one: build stops working");
        await revoke.waitFor();
        assert.equal(await revoke.isDisabled(), true, "not before the new one is copied");
        if (artefacts) await picture(page, artefacts, "key-replaced");
        await button(page, "Copy Access key").click();
        await revoke.click();
        await gone(page);
        await page.getByText("build is revoked").waitFor();
        const keys = (await server.api("GET", "/robots/ci-web/access-keys")).items;
        assert.deepEqual(keys.map((one) => [one.name, one.scopes]), [["build-2", ["repository:web/**:pull"]]]);
        await server.api("DELETE", `/access-keys/${keys[0].id}`);
        assert.deepEqual(faults, []);
    },

    async "bare names become users, the first click saves half-typed text, and the first Esc only warns"({ browser, server }) {
        const { page, faults } = await open(browser, server, { expects: ["422 /api/v1/preview"] });
        await signIn(page, undefined, undefined, "groups/shop");
        await page.getByRole("button", { name: "Edit" }).click();
        await dialog(page).getByLabel("Members").fill("alice");
        await page.keyboard.press("Escape");
        await dialog(page).getByText("Press Esc again").waitFor();
        // The button names the effect of the typed text. One press leaves the field and saves.
        const save = button(page, /^Save: \d rights? given$/);
        await save.waitFor();
        const box = await save.boundingBox();
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.mouse.down();
        await page.waitForTimeout(400);
        await page.mouse.up();
        await gone(page);
        assert.deepEqual((await server.api("GET", "/groups/shop")).members, ["user:alice", "user:bob"]);
        await server.api("DELETE", "/groups/shop/members/user:alice");
        // The server's fault is shown once, at its field. The dialog does not send the change.
        await page.reload();
        await page.getByRole("button", { name: "Edit" }).click();
        await dialog(page).getByLabel("Members").fill("user:nobody");
        await page.keyboard.press("Enter");
        await dialog(page).getByText("create it first").waitFor();
        assert.equal(await dialog(page).getByText("create it first").count(), 1);
        assert.equal(await button(page, "Save").isDisabled(), true);
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await gone(page);
        await page.getByRole("link", { name: "← Groups" }).click();
        await page.waitForFunction(() => document.activeElement?.tagName === "H1");
        assert.deepEqual(faults, []);
    },

    async "the page of a group without rules leads to a new rule for the group"({ browser, server }) {
        await server.api("PUT", "/groups/fresh", { members: [] });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "groups/fresh");
        await page.getByText("No rule names this group.").waitFor();
        await page.getByRole("link", { name: "New rule for this group" }).click();
        for (const chip of ["group:fresh", "fresh/**", "pull", "push"]) await button(page, `Remove ${chip}`).waitFor();
        await server.api("DELETE", "/groups/fresh");
    },

    async "the dialog shows the sign-ins and rights that a disabled account loses"({ browser, server, artefacts }) {
        await server.api("PUT", "/users/emil", { password });
        await server.api("PUT", "/groups/web/members/user:emil");
        await dockerLogin(server, "emil");
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "users/emil");
        await page.getByRole("button", { name: "Sign out docker at registry" }).waitFor();
        await page.getByRole("button", { name: "Edit" }).click();
        await dialog(page).getByLabel(/^disabled/).check();
        const save = button(page, "Save: disabled, 1 sign-in ends, 3 rights taken away");
        await save.waitFor();
        await picture(page, artefacts, "user-disable");
        assert.deepEqual(await look(page), []);
        await save.click();
        await gone(page);
        await page.getByText("No sign-ins.").waitFor();
        assert.equal((await server.api("GET", "/users/emil")).disabled, true);
        await server.api("DELETE", "/users/emil");
    },

    async "an administrator ends the browser sessions of a user without sign-ins"({ browser, server }) {
        await server.api("PUT", "/users/ida", { password });
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "users/ida");
        // A user who never signed in has no sign-ins to end.
        await page.getByText("No sign-ins.").waitFor();
        await settled(page);
        assert.equal(await page.getByRole("button", { name: /^Sign out everywhere/ }).count(), 0);
        const theirs = await open(browser, server);
        await signIn(theirs.page, "ida", password, "me");
        await page.reload();
        const ended = page.waitForResponse((answer) => answer.request().method() === "DELETE");
        await page.getByRole("button", { name: "Sign out everywhere: every browser" }).click();
        const answer = await ended;
        assert.deepEqual([answer.status(), new URL(answer.url()).search], [204, "?subject=user%3Aida"]);
        await server.api("DELETE", "/users/ida");
        assert.deepEqual([...faults, ...theirs.faults], []);
    },

    async "after a change by somebody else, the dialog shows both versions side by side"({ browser, server, artefacts }) {
        await server.api("PUT", "/robots/shared", { description: "first" });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "robots/shared");
        await page.getByRole("button", { name: "Edit" }).click();
        await dialog(page).getByLabel("Description").fill("mine");
        await server.api("PATCH", "/robots/shared", { description: "theirs" });
        await button(page, "Save").click();
        const row = dialog(page).getByRole("row", { name: /^Description/ });
        await row.waitFor();
        assert.match(await row.innerText(), /theirs\s+mine/);
        await picture(page, artefacts, "robot-stale");
        assert.deepEqual(await look(page), []);
        await button(page, "Keep editing yours").click();
        await button(page, "Save").click();
        await gone(page);
        assert.equal((await server.api("GET", "/robots/shared")).description, "mine");
        await server.api("DELETE", "/robots/shared");
    },

    async "a deletion ends keys and changes rules, after the person typed the name"({ browser, server, artefacts }) {
        await server.api("PUT", "/robots/leaving", {});
        await server.api("POST", "/robots/leaving/access-keys", { name: "build", expires_at: null, scopes: null });
        await server.api("PUT", "/rules/leaving-own", { subjects: ["robot:leaving"], names: ["left/**"], actions: ["pull"] });
        await server.api("PUT", "/rules/leaving-too", { subjects: ["robot:leaving", "group:web"], names: ["left/**"], actions: ["push"] });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "robots/leaving");
        await page.getByRole("button", { name: "Delete …" }).click();
        const remove = button(page, "Delete: 1 key revoked, 1 rule changed, 1 rule disabled, 3 rights taken away");
        await dialog(page).getByText(/^− loses/).first().waitFor();
        assert.equal(await remove.isDisabled(), true);
        await picture(page, artefacts, "robot-delete");
        assert.deepEqual(await look(page), []);
        await dialog(page).getByLabel("Type leaving to confirm").fill("leaving");
        // Meanwhile a new rule names the robot, and the robot changes. The button then counts the new rule.
        await server.api("PUT", "/rules/leaving-late", { subjects: ["robot:leaving"], names: ["late/**"], actions: ["pull"] });
        await server.api("PATCH", "/robots/leaving", { description: "changed meanwhile" });
        await remove.click();
        await button(page, "Delete: 1 key revoked, 1 rule changed, 2 rules disabled, 4 rights taken away").click();
        await page.getByRole("heading", { name: "Robots", exact: true }).waitFor();
        assert.deepEqual((await server.api("GET", "/rules/leaving-too")).subjects, ["group:web"]);
        assert.equal((await server.api("GET", "/rules/leaving-own")).enabled, false);
        for (const rule of ["leaving-own", "leaving-too", "leaving-late"]) await server.api("DELETE", `/rules/${rule}`);
    },

    async "the dialog of a group shows the rights that its members gain and lose"({ browser, server, artefacts }) {
        await server.api("PUT", "/groups/guests", { description: "", members: ["user:alice"] });
        await server.api("PUT", "/rules/guests", { subjects: ["group:guests"], names: ["open/**"], actions: ["pull"] });
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "groups/guests");
        await page.getByRole("button", { name: "Edit" }).click();
        await button(page, "Remove user:alice").click();
        await dialog(page).getByLabel("Members").fill("user:bob");
        await page.keyboard.press("Enter");
        await button(page, "Save: 1 right taken away, 1 given").waitFor();
        await picture(page, artefacts, "group-edit");
        assert.deepEqual(await look(page), []);
        await button(page, "Save: 1 right taken away, 1 given").click();
        await gone(page);
        await page.getByRole("link", { name: "user:bob" }).waitFor();
        assert.deepEqual((await server.api("GET", "/groups/guests")).members, ["user:bob"]);
        for (const path of ["/rules/guests", "/groups/guests"]) await server.api("DELETE", path);
        assert.deepEqual(faults, []);
    },

    async "lists are filtered by text and state, and show the number of rows"({ browser, server }) {
        await server.api("PUT", "/users/resting", { disabled: true });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "users");
        await page.getByRole("link", { name: "resting" }).waitFor();
        await page.keyboard.press("/");
        await page.keyboard.type("ALICE");
        await page.getByText(/^1 of \d+$/).waitFor();
        await page.keyboard.press("Escape");
        await page.getByLabel("State").selectOption("disabled");
        await page.getByRole("link", { name: "alice" }).waitFor({ state: "detached" });
        await page.getByRole("link", { name: "resting" }).click();
        await page.getByRole("heading", { name: "resting" }).waitFor();
        await server.api("DELETE", "/users/resting");
    },

    async "markup in the names of keys and clients is shown as text"({ browser, server }) {
        const markup = "<img src=x onerror=alert(1)>";
        await server.api("PUT", "/users/marked", { password, labels: { team: [markup] } });
        await server.api("POST", "/users/marked/access-keys", { name: markup, expires_at: null, scopes: ["repository:*:pull"] });
        const authorization = `Basic ${Buffer.from(`marked:${password}`).toString("base64")}`;
        const answer = await fetch(`${server.origin}/token?service=registry&offline_token=true&client_id=${encodeURIComponent(markup)}`, { headers: { authorization } });
        const { page, faults } = await open(browser, server);
        await signIn(page, undefined, undefined, "users/marked");
        await page.getByRole("button", { name: `Details ${markup}` }).click();
        await dialog(page).getByRole("heading", { name: markup }).waitFor();
        await page.keyboard.press("Escape");
        if (answer.ok) await page.getByRole("button", { name: `Sign out ${markup} at registry` }).waitFor();
        assert.equal(await page.locator("img[src=x]").count(), 0);
        assert.deepEqual(faults, []);
        await server.api("DELETE", "/users/marked");
    },

    async "a person who is not an administrator sees none of these pages"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, "bob", password, "me");
        for (const path of ["users", "users/alice", "robots", "robots/ci-web", "groups", "groups/web", "services", "services/registry"]) {
            await page.goto(`/console/${path}`);
            await page.getByText("There is no such page").waitFor();
        }
        const names = await page.getByRole("navigation").getByRole("link").allInnerTexts();
        assert.ok(!names.some((name) => ["Users", "Robots", "Groups", "Registries"].includes(name)), names.join());
    },
};
