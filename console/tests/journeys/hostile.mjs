// Attacks the console with markup, injected scripts, removed rights and ended sessions. The pages show markup as text, and
// no script runs.
import assert from "node:assert/strict";
import { open, settled, signIn, visit } from "./browser.mjs";
import { password } from "./server.mjs";

const markup = `<img src=x onerror=alert(1)><script>alert(2)</script>"'{{7*7}}\${7*7}`;

/** Markup as the name of a registry. Such a name may contain no comma. */
const wild = `<img/src=x/onerror=alert(1)>"'{{7*7}}`;

export const journeys = {
    async "stored markup and markup from the address are shown as text"({ browser, server }) {
        await server.api("PUT", "/rules/hostile", { subjects: ["group:web"], names: ["hostile/**"], actions: ["pull"], description: markup });
        await server.api("PUT", "/groups/hostile", { description: markup, members: [] });
        await server.api("PUT", "/robots/hostile", { description: markup, labels: { team: [markup] } });
        await server.api("PUT", "/users/hostile-user", { labels: { team: [markup] } });
        const registry = encodeURIComponent(wild);
        await server.api("PUT", `/services/${registry}`, { profile: "zot" });
        await server.api("PUT", "/rules/hostile-at", { subjects: ["group:web"], services: [wild], names: ["hostile/**"], actions: ["pull"] });
        await server.api("POST", "/robots/hostile/access-keys", { name: markup, expires_at: null, scopes: ["repository:hostile/**:pull"] });
        const text = encodeURIComponent(markup);
        const { page, faults } = await open(browser, server, {
            expects: ["400 /api/v1/*", "422 /api/v1/*", ...["rules", "users", "services"].map((kind) => `404 /api/v1/${kind}/${text}*`)],
        });
        let alerts = 0;
        page.on("dialog", (dialog) => ((alerts += 1), dialog.dismiss()));
        await signIn(page);
        const places = [
            `services/${registry}`, "services", "rules/hostile-at", `explain?service=${registry}&scope=repository:hostile/x:pull`, "rules/hostile", "groups/hostile", "robots/hostile", "users/hostile-user", "groups", "robots", "users", `rules/${text}`, `users/${text}`, `services/${text}`,
            `explain?subject=${text}&service=${text}&scope=${text}`, `who-can?service=${text}&names=${text}&actions=${text}&subjects=${text}`, text,
            "javascript:alert(3)", "//evil.example/",
        ];
        for (const place of places) {
            await page.goto(`/console/${place}`);
            await settled(page);
            assert.equal(await page.locator("img[src=x], #app script").count(), 0, place);
        }
        await page.goto("/console/robots/hostile");
        await page.getByRole("button", { name: `Details ${markup}` }).click();
        await page.getByRole("dialog").getByRole("heading", { name: markup }).waitFor();
        await page.goto("/console/rules?new=1");
        for (const label of ["Who", "Repositories", "Actions"]) {
            await page.getByRole("dialog").getByLabel(label, { exact: true }).fill(markup);
            await page.keyboard.press("Enter");
        }
        await page.keyboard.press("Escape");
        await page.goto("/console/services");
        await page.getByRole("button", { name: "New registry" }).click();
        await page.getByRole("dialog").getByLabel("Name", { exact: true }).fill(markup);
        await page.keyboard.press("Enter");
        await settled(page);
        await page.goto("/console/me");
        for (const field of await page.getByRole("main").getByRole("textbox").all()) await field.fill(markup);
        await settled(page);
        assert.equal(await page.locator("img[src=x], #app script").count(), 0);
        assert.equal(alerts, 0);
        assert.deepEqual(faults, []);
        for (const path of ["/rules/hostile-at", `/services/${registry}`, "/rules/hostile", "/groups/hostile", "/robots/hostile", "/users/hostile-user"]) await server.api("DELETE", path);
    },

    async "the content security policy stops every script that the server does not serve"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page);
        const answer = await page.request.get("/console/");
        const policy = answer.headers()["content-security-policy"];
        for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
            assert.ok(policy.includes(part), `${part} in ${policy}`);
        }
        assert.ok(!/unsafe/.test(policy));
        // Tries what injected markup and scripts would try. The policy of the page must stop every attempt.
        const got = await page.evaluate(async () => {
            const tries = {
                markup: () => (document.body.lastElementChild.innerHTML = "<b id=got-markup>x</b>"),
                script: () => {
                    const script = document.createElement("script");
                    script.textContent = "document.body.dataset.gotScript = 1";
                    document.body.append(script);
                },
                source: () => {
                    const script = document.createElement("script");
                    script.src = "data:text/javascript,document.body.dataset.gotSource=1";
                    document.body.append(script);
                },
                timer: () => setTimeout("document.body.dataset.gotTimer = 1"),
                style: () => document.body.setAttribute("style", "--got: 1"),
                handler: () => document.body.setAttribute("onclick", "document.body.dataset.gotClick = 1"),
            };
            for (const act of Object.values(tries)) {
                try {
                    act();
                } catch {
                    // The browser refuses the attempt at once.
                }
            }
            document.body.click();
            await new Promise((done) => setTimeout(done, 300));
            const style = getComputedStyle(document.body).getPropertyValue("--got");
            return [...Object.keys(document.body.dataset), ...(style ? ["style"] : []), ...(document.querySelector("#got-markup") ? ["markup"] : [])];
        });
        assert.deepEqual(got, []);
    },

    async "an administrator who loses the right while editing cannot save, and keeps the typed text"({ browser, server }) {
        await server.api("PUT", "/users/second", { password, admin: true });
        const { page } = await open(browser, server);
        await signIn(page, "second", password, "rules/web-team");
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Description").fill("typed by somebody who may no longer");
        await server.api("PATCH", "/users/second", { admin: false });
        await page.waitForTimeout(1200);
        await dialog.getByRole("button", { name: /^Save/ }).click();
        await dialog.getByRole("alert").first().waitFor();
        assert.equal(await dialog.getByLabel("Description").inputValue(), "typed by somebody who may no longer");
        assert.equal((await server.api("GET", "/rules/web-team")).description, "The team's own");
        await server.api("DELETE", "/users/second");
    },

    async "after the end of a session, the sign-in leads back to the page"({ browser, server }) {
        const { page, context } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules");
        await context.clearCookies();
        await page.reload();
        await page.waitForURL(/\/signin/);
        await signIn(page, undefined, undefined, "rules/web-team");
        await page.getByRole("dialog").waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Sign out" }).click();
        await page.waitForURL(/\/signin/);
        await visitSignedOut(page);
    },

    async "if a session ends while editing, the typed text can be saved after a new sign-in in another tab"({ browser, server }) {
        const { page, context } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/web-team");
        const dialog = page.getByRole("dialog");
        const before = (await server.api("GET", "/rules/web-team")).description;
        await dialog.getByLabel("Description").fill("typed before the session ended");
        await dialog.locator("section[aria-busy=false]").waitFor();
        await context.clearCookies();
        await dialog.getByLabel("Description").fill("typed after the session ended");
        await dialog.getByText("You are signed out").waitFor();
        const [second] = await Promise.all([context.waitForEvent("page"), dialog.getByRole("link", { name: "Sign in again" }).click()]);
        await signIn(second);
        await second.close();
        await dialog.getByLabel("Description").fill("typed after the new sign-in");
        await dialog.getByRole("button", { name: "Save", exact: true }).click();
        await dialog.waitFor({ state: "detached" });
        assert.equal(await page.getByText("What you typed is kept").count(), 0);
        assert.equal((await server.api("GET", "/rules/web-team")).description, "typed after the new sign-in");
        await server.api("PATCH", "/rules/web-team", { description: before });
    },

    async "a typed address does not show pages that the person may not see"({ browser, server }) {
        const { page } = await open(browser, server);
        await signIn(page, "alice", password, "users");
        await page.getByText("There is no such page").waitFor();
        await visit(page, "");
        await page.waitForURL(/\/console\/me$/);
        assert.equal(await page.getByRole("link", { name: "Rules" }).count(), 0);
    },
};

async function visitSignedOut(page) {
    await page.goto("/console/rules");
    await page.waitForURL(/\/signin/);
}
