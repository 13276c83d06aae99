// Makes, sets up, changes and deletes registries.
import assert from "node:assert/strict";
import { look, open, settled, signIn } from "./browser.mjs";

const dialog = (page) => page.getByRole("dialog");
const button = (page, name) => dialog(page).getByRole("button", { name });

export const journeys = {
    async "a second registry is made, and its settings can be copied"({ browser, server, artefacts }) {
        const { page, context, faults } = await open(browser, server);
        await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
        await signIn(page, undefined, undefined, "services");
        await page.getByRole("button", { name: "New registry" }).click();
        await dialog(page).getByLabel("Name").fill("second.example.org:5000");
        await dialog(page).getByLabel("Profile").selectOption("distribution-3");
        await dialog(page).getByLabel("Seconds that a token lasts").fill("30");
        await dialog(page).getByText("Write a whole number from 60 to 3600").waitFor();
        assert.equal(await button(page, "Save").isDisabled(), true);
        await dialog(page).getByLabel("Seconds that a token lasts").fill("600");
        await settled(page);
        if (artefacts) await page.screenshot({ path: `${artefacts}/service-new-light.png` });
        assert.deepEqual(await look(page), []);
        await button(page, "Save").click();
        await page.getByRole("heading", { name: "second.example.org:5000" }).waitFor();

        const settings = page.getByRole("region", { name: "Settings", exact: true });
        await settings.getByText('service: "second.example.org:5000"').waitFor();
        await page.getByRole("button", { name: "Copy Settings" }).click();
        await page.getByText("Copied").waitFor();
        assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^auth:\n  token:\n    realm: /);
        await page.getByLabel("Form").selectOption("env");
        await settings.getByText("REGISTRY_AUTH_TOKEN_SERVICE=").waitFor();
        await page.getByLabel("Folder for the files").fill("/srv/registry");
        await page.getByRole("region", { name: "/srv/registry/portreeve-ca.crt" }).getByText("BEGIN CERTIFICATE").waitFor();
        assert.deepEqual(await look(page), []);
        assert.deepEqual(faults, []);
    },

    async "the button names the effects of a change on clients"({ browser, server, artefacts }) {
        await server.api("PUT", "/services/third", { profile: "distribution-3" });
        const { page } = await open(browser, server);
        await signIn(page, undefined, undefined, "services/third");
        await page.getByRole("button", { name: "Edit" }).click();
        await dialog(page).getByLabel("Profile").selectOption("zot");
        await dialog(page).getByLabel(/^docker login/).uncheck();
        const save = button(page, "Save: the registry refuses tokens until it is set up again, no new sign-ins, push no longer gives pull");
        await save.waitFor();
        await settled(page);
        if (artefacts) await page.screenshot({ path: `${artefacts}/service-edit-light.png` });
        assert.deepEqual(await look(page), []);
        // Another administrator changes the registry first.
        await server.api("PATCH", "/services/third", { token_ttl: 900 });
        await save.click();
        const row = dialog(page).getByRole("row", { name: /^Token seconds/ });
        assert.match(await row.innerText(), /900\s+300/);
        await button(page, "Take theirs").click();
        assert.equal(await dialog(page).getByLabel("Profile").inputValue(), "distribution-3");
        await dialog(page).getByLabel("Profile").selectOption("zot");
        await button(page, /^Save: the registry refuses/).click();
        await dialog(page).waitFor({ state: "detached" });
        await page.getByText('"bearer"').waitFor();
        assert.equal(await page.getByLabel("Form").count(), 0, "zot has no environment variables");
        assert.equal((await server.api("GET", "/services/third")).token_ttl, 900);

        await page.getByRole("button", { name: "Delete …" }).click();
        await button(page, "Delete: every pull and push there is refused").click();
        await page.getByRole("heading", { name: "Registries", exact: true }).waitFor();
        await assert.rejects(server.api("GET", "/services/third"), /404/);
    },
};
