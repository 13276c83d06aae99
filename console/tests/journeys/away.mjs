// The server goes away and comes back.
import assert from "node:assert/strict";
import { look, open, signIn } from "./browser.mjs";

export const journeys = {
    async "while the server is away a strip counts down, and nothing typed is lost"({ browser, server, artefacts }) {
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
