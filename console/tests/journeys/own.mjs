// The own page of a user who is not an administrator.
import assert from "node:assert/strict";
import { look, open, settled, signIn } from "./browser.mjs";
import { password } from "./server.mjs";

const dialog = (page) => page.getByRole("dialog");
const button = (page, name) => dialog(page).getByRole("button", { name });
const card = (page, name) => page.getByRole("region", { name, exact: true });

async function person(server, name) {
    await server.api("PUT", `/users/${name}`, { password });
    await server.api("PUT", `/groups/shop/members/user:${name}`);
    await server.api("DELETE", `/refresh-tokens?subject=user:${name}`);
    await logIn(server, name);
}

/** Signs in as docker and podman do. */
async function logIn(server, name) {
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    for (const client of ["docker", "podman"]) {
        await fetch(`${server.origin}/token?service=registry&offline_token=true&client_id=${client}`, { headers: { authorization } });
    }
}

export const journeys = {
    async "people ask what they may do, and copy the commands for their client"({ browser, server, artefacts }) {
        await person(server, "fritz");
        const { page, context, faults } = await open(browser, server);
        await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
        await signIn(page, "fritz", password, "me");
        const ask = card(page, "May I?");
        await ask.getByLabel("Registry").selectOption("registry");
        await ask.getByLabel("Repository").fill("shop/api");
        await page.keyboard.press("Enter");
        await ask.getByText("On shop/api at registry you may").waitFor();
        assert.deepEqual(await ask.getByRole("listitem").allInnerTexts(), ["yes pull", "yes push", "no delete"]);

        const lines = card(page, "Set up a client");
        // If a registry's name cannot be a host, the page asks for the host before it shows commands to copy.
        await lines.getByText("Write the host of the registry").waitFor();
        assert.equal(await lines.getByRole("button", { name: /^Copy/ }).count(), 0);
        await lines.getByLabel("Registry").selectOption("mirror.example.org");
        assert.equal(await lines.getByLabel("Its host").inputValue(), "mirror.example.org");
        await lines.getByLabel("Registry").selectOption("registry");
        await lines.getByLabel("Its host").fill("localhost:5000");
        for (const [tool, text] of [
            ["docker", "docker login localhost:5000 --username fritz"],
            ["podman", "podman login localhost:5000 --username fritz"],
            ["containerd", "nerdctl login localhost:5000 --username fritz"],
            ["Kubernetes", "kubectl create secret docker-registry registry-login --docker-server localhost:5000 --docker-username fritz"],
            ["CI", `printf %s "$REGISTRY_KEY" | docker login localhost:5000 --username fritz --password-stdin`],
        ]) {
            await lines.getByRole("tab", { name: tool }).click();
            assert.ok((await lines.locator("pre").innerText()).includes(text), tool);
            await lines.getByRole("button", { name: `Copy Lines for ${tool}` }).click();
            await lines.getByText("Copied").waitFor();
            assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes(text), tool);
        }
        await lines.getByLabel("Its host").fill("$(id)");
        await lines.getByText("Write a host").waitFor();
        assert.equal(await lines.locator("pre").count(), 0);
        if (artefacts) await page.screenshot({ path: `${artefacts}/own-me-asked-light.png` });
        assert.deepEqual(await look(page), []);
        await ask.getByRole("link", { name: "Why?" }).click();
        await page.getByRole("heading", { level: 1 }).waitFor();
        assert.match(page.url(), /explain\?service=registry&scope=repository%3Ashop%2Fapi/);
        assert.deepEqual(faults, []);
    },

    async "people make and revoke their own keys, and end one sign-in or all"({ browser, server }) {
        await person(server, "fritz");
        const { page, faults } = await open(browser, server);
        await signIn(page, "fritz", password, "me");
        const keys = card(page, "Access keys");
        await keys.getByRole("button", { name: "New access key" }).click();
        await dialog(page).getByLabel("Name").fill("phone");
        await button(page, "Make the key").click();
        await dialog(page).getByText(/^ptr_[A-Za-z0-9]{49}$/).waitFor();
        await button(page, "Close: the key is not shown again").click();
        await keys.getByText("may all that its owner may").waitFor();
        await keys.getByRole("button", { name: "Details phone" }).click();
        await button(page, "Make one like it").click();
        assert.equal(await dialog(page).getByLabel("Name").inputValue(), "phone");
        await page.keyboard.press("Escape");
        await keys.getByRole("button", { name: "Details phone" }).click();
        await button(page, "Revoke: phone stops working").click();
        await keys.getByText("No access keys.").waitFor();

        const signIns = card(page, "Sign-ins");
        await signIns.getByRole("button", { name: "Sign out podman at registry" }).click();
        await signIns.getByRole("button", { name: "Sign out podman at registry" }).waitFor({ state: "detached" });
        await logIn(server, "fritz");
        await page.reload();
        const all = signIns.getByRole("button", { name: /^Sign out everywhere: \d sign-ins end$/ });
        await all.click();
        await signIns.getByText("No sign-ins.").waitFor();
        assert.equal((await server.api("GET", "/refresh-tokens?subject=user:fritz")).items.length, 0);
        assert.deepEqual(faults, []);
    },

    async "if an action needs a fresh sign-in, the dialog keeps its content"({ browser, server, artefacts }) {
        await person(server, "fritz");
        const { page } = await open(browser, server);
        await signIn(page, "fritz", password, "me");
        let stale = true;
        // Answers as the server does if the session is older than 15 minutes.
        await page.route("**/api/v1/me/access-keys", (route) => {
            if (route.request().method() !== "POST" || !stale) return route.fallback();
            const body = { type: "about:blank", title: "Forbidden", status: 403, detail: "sign in again", code: "sign-in-again" };
            return route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify(body) });
        });
        await card(page, "Access keys").getByRole("button", { name: "New access key" }).click();
        await dialog(page).getByLabel("Name").fill("tablet");
        await dialog(page).getByLabel("only …").check();
        await dialog(page).getByLabel("Repositories", { exact: true }).fill("shop/*");
        await button(page, "Make the key").click();
        await dialog(page).getByText("This needs a sign-in of the last 15 minutes.").waitFor();
        if (artefacts) await page.screenshot({ path: `${artefacts}/key-sign-in-again-light.png` });
        assert.deepEqual(await look(page), []);
        assert.equal(await dialog(page).getByLabel("Name").inputValue(), "tablet");
        stale = false;
        await button(page, "Make the key").click();
        await dialog(page).getByText(/^ptr_/).waitFor();
        await button(page, "Close: the key is not shown again").click();
        const [key] = (await server.api("GET", "/users/fritz/access-keys")).items;
        assert.deepEqual(key.scopes, ["repository:shop/*:pull"]);
        await server.api("DELETE", `/access-keys/${key.id}`);
    },

    async "people change their own password, and a wrong current password keeps the typed text"({ browser, server, artefacts }) {
        await person(server, "greta");
        // The new password ends the session.
        const { page, faults } = await open(browser, server, { expects: ["422 /api/v1/me/password", "401 /api/v1/me/*"] });
        await signIn(page, "greta", password, "me");
        await page.getByRole("button", { name: "Change password" }).click();
        const next = `${password} anew`;
        await dialog(page).getByLabel("Current password").fill("this is not the password");
        await dialog(page).getByLabel("New password", { exact: true }).fill(next);
        await dialog(page).getByLabel("New password again").fill(next);
        const change = button(page, "Change password: 2 sign-ins end, and this browser is signed out");
        await change.click();
        await dialog(page).locator(".bad").first().waitFor();
        assert.equal(await dialog(page).getByLabel("New password", { exact: true }).inputValue(), next);
        await settled(page);
        if (artefacts) await page.screenshot({ path: `${artefacts}/own-password-light.png` });
        assert.deepEqual(await look(page), []);
        await dialog(page).getByLabel("Current password").fill(password);
        await change.click();
        // The new password ended the session: the console shows only the page that says so.
        await page.getByRole("heading", { name: "Your password is changed" }).waitFor();
        await settled(page);
        assert.equal(await page.getByRole("alert").count(), 0);
        assert.equal(await page.getByText("You are signed out").count(), 0);
        assert.deepEqual(await look(page), []);
        assert.equal(await page.getByRole("link", { name: "Sign in" }).getAttribute("href"), "/signin?to=console&code=me");
        const authorization = `Basic ${Buffer.from(`greta:${next}`).toString("base64")}`;
        assert.equal((await fetch(`${server.origin}/api/v1/me`, { headers: { authorization } })).status, 200);
        assert.deepEqual(faults, []);
        await server.api("DELETE", "/users/greta");
    },

    async "a tab whose session ended continues by itself after a sign-in in another tab"({ browser, server }) {
        const { page, context } = await open(browser, server);
        await signIn(page, "bob", password, "explain");
        await page.locator("main option").first().waitFor({ state: "attached" });
        await context.clearCookies();
        await page.getByLabel("Repository").fill("web/site");
        await page.getByRole("button", { name: "Explain" }).click();
        await page.getByText("What you typed is kept: sign in").waitFor();
        const other = await context.newPage();
        await other.goto("/signin?to=console&code=me");
        await other.getByLabel(/name/i).first().fill("bob");
        await other.getByLabel(/password/i).first().fill(password);
        await other.keyboard.press("Enter");
        await other.waitForURL(/\/console\//);
        await page.bringToFront();
        await page.getByText("What you typed is kept: sign in").waitFor({ state: "detached" });
        await page.getByText("No rule allows it").first().waitFor();
        assert.equal(await page.getByRole("alert").count(), 0);
        assert.equal(await page.getByLabel("Registry").inputValue(), "registry");
    },

    async "a sign-out of this browser ends its session"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, "bob", password, "me");
        const here = card(page, "This browser");
        await here.getByText("Signed in").waitFor();
        await here.getByRole("button", { name: "Sign out here" }).click();
        await page.waitForURL(/\/signin/);
        await page.goto("/console/me");
        await page.waitForURL(/\/signin/);
    },
};
