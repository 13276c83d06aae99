// Runs the journeys, each on the same server, one after the other. Names as arguments choose some of them.
//
// CONSOLE_BINARY     the server (required)
// CONSOLE_ARTEFACTS  where screenshots go (none without it)
// CONSOLE_FILES      a folder with built files that stand in for those in the binary
// CONSOLE_PSEUDO     a folder with the console built in the made-up language (`vite build --mode pseudo`)
import { mkdir } from "node:fs/promises";
import { launch } from "./browser.mjs";
import { seed } from "./seed.mjs";
import { Server } from "./server.mjs";

// Those that leave much behind, or stop the server, come last.
const files = ["looks", "rules", "asked", "people", "own", "registries", "dialogs", "hostile", "sessions", "away", "speed"];
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
