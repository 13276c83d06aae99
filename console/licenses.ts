import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const line = (character: string) => character.repeat(80);

/** Returns the notice of the package in a folder: its license, version, address and license text. */
function notice(folder: string): string {
    const { name, version, license, homepage, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
    if (!file) throw new Error(`the folder of ${name} contains no license file`);
    const text = readFileSync(join(folder, file), "utf8").trimEnd();
    return `${line("=")}\n${license}\n- ${name} ${version}, ${homepage ?? repository?.url ?? repository}\n${line("-")}\n\n${text}\n`;
}

/** Writes `third-party.txt` beside the built files: the licenses of the packages in `app.js`. */
export function thirdParty(): Plugin {
    return {
        name: "third-party",
        apply: "build",
        generateBundle(_options, bundle) {
            const folders = new Set<string>();
            for (const chunk of Object.values(bundle)) {
                if (chunk.type !== "chunk") continue;
                for (const [id, module] of Object.entries(chunk.modules)) {
                    const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id) ?? [];
                    if (folder && module.renderedLength > 0) folders.add(folder);
                }
            }
            const source = [...folders].sort().map(notice).join("\n");
            this.emitFile({ type: "asset", fileName: "third-party.txt", source });
        },
    };
}
