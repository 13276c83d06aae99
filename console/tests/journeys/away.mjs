// The console while the server fails or does not answer, and after the server is back.
import assert from "node:assert/strict";
import { look, open, signIn } from "./browser.mjs";

export const journeys = {
    async "an error of the server is shown on the page, and an error of a proxy means that the server is away"({ browser, server }) {
        const { page, faults } = await open(browser, server, { expects: ["503 /api/v1/rules", "503 /health/ready"] });
        let asked = 0;
        let answer = { status: 503, contentType: "application/problem+json", headers: { "retry-after": "7" }, body: `{"detail":"too much to do"}` };
        await page.route(/\/api\/v1\/rules\?/, (route) => ((asked += 1), answer ? route.fulfill(answer) : route.fallback()));
        await signIn(page, undefined, undefined, "rules");
        await page.getByText("too much to do").waitFor();
        await page.getByText("Try again in 7 seconds.").waitFor();
        const before = asked;
        await page.waitForTimeout(2500);
        assert.deepEqual([asked, await page.getByText("Next try in").count()], [before, 0]);

        answer = { status: 503, contentType: "text/html", body: "<h1>Bad gateway</h1>" };
        await page.getByRole("button", { name: "Try again" }).click();
        await page.getByText("Next try in 2 seconds").waitFor();
        // The server is ready, but the proxy in front of it still fails: each wait is longer than the wait before.
        await page.getByText("Next try in 4 seconds").waitFor();
        await page.getByText("Next try in 8 seconds").waitFor();
        answer = undefined;
        await page.getByRole("button", { name: "Try now" }).click();
        await page.getByRole("link", { name: "web-team" }).waitFor();
        assert.deepEqual(faults, []);
    },

    async "while the server is away, a strip counts down to the next try, and the typed text stays"({ browser, server, artefacts }) {
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "rules/web-team");
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Description").fill("typed before");
        await dialog.getByText("Nobody gains or loses a right").waitFor();
        await server.halt();
        await dialog.getByLabel("Description").fill("typed while away");
        await dialog.getByText("The server was not reached").first().waitFor();
        await page.getByText("Next try in").waitFor();
        assert.deepEqual(await look(page), []);
        if (artefacts) await page.screenshot({ path: `${artefacts}/away-light.png` });
        const seconds = async () => Number((await page.getByText("Next try in").innerText()).match(/\d+/)[0]);
        const before = await seconds();
        await page.waitForFunction((was) => !document.body.innerText.includes(`in ${was} second`), before);
        await server.run();
        await page.getByText("Next try in").waitFor({ state: "detached", timeout: 40_000 });
        assert.equal(await dialog.getByLabel("Description").inputValue(), "typed while away");
        await dialog.getByLabel("Description").fill("typed after");
        await dialog.getByRole("button", { name: "Save", exact: true }).click();
        await dialog.waitFor({ state: "detached" });
        assert.equal((await server.api("GET", "/rules/web-team")).description, "typed after");
    },
};
