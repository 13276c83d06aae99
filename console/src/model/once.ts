// The server explains a repeated scope twice. The page shows the explanation once.

import type { Explanation } from "../api/types";

/** Keeps the first explanation of each resource and action. */
export function once(whys: Explanation[]): Explanation[] {
    const known = new Map<string, Explanation>();
    for (const why of whys) {
        const key = JSON.stringify([why.type, why.name, why.action]);
        if (!known.has(key)) known.set(key, why);
    }
    return [...known.values()];
}
