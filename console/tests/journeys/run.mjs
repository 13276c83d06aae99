// Runs all journeys on one server, one after the other. With arguments, runs only journeys whose names contain one of them.
//
// CONSOLE_BINARY     the program of the server (required)
// CONSOLE_ARTEFACTS  the folder for screenshots (absent: no screenshots)
// CONSOLE_FILES      a folder with built files, which replace the files in the program (absent: no replacement)
// CONSOLE_PSEUDO     a folder with the console in the made-up language, which `npm run pseudo` builds (absent: not tested)
import { mkdir } from "node:fs/promises";
import { launch } from "./browser.mjs";
import { seed } from "./seed.mjs";
import { Server } from "./server.mjs";

// Journeys that leave much data, or that stop the server, come last.
const files = ["looks", "rules", "asked", "people", "own", "registries", "reported", "dialogs", "hostile", "sessions", "away", "speed"];
const journeys = [];
for (const file of files) {
    const found = (await import(`./${file}.mjs`)).journeys;
    for (const [name, run] of Object.entries(found)) journeys.push({ name: `${file}: ${name}`, run });
}

const wanted = process.argv.slice(2);
const artefacts = process.env.CONSOLE_ARTEFACTS;
if (artefacts) await mkdir(artefacts, { recursive: true });

const server = await Server.start();
const browser = await launch();
let failed = 0;
let ran = 0;
try {
    await seed(server);
    for (const { name, run } of journeys) {
        if (wanted.length && !wanted.some((one) => name.includes(one))) continue;
        const begun = performance.now();
        ran += 1;
        try {
            const said = await run({ browser, server, artefacts });
            console.log(`ok    ${name} (${Math.round(performance.now() - begun)} ms)${said ? `\n      ${said}` : ""}`);
        } catch (error) {
            failed += 1;
            console.log(`FAIL  ${name}\n${error.stack ?? error}`);
        }
        for (const context of browser.contexts()) await context.close();
    }
} finally {
    await browser.close();
    await server.stop();
}
console.log(`${ran - failed} of ${ran} journeys passed`);
process.exit(failed || !ran ? 1 : 0);
