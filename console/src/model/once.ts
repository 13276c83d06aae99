// What was asked twice is answered twice, and shown once.

import type { Explanation } from "../api/types";

/** The first explanation of each resource and action, in their order. */
export function once(whys: Explanation[]): Explanation[] {
    const known = new Map<string, Explanation>();
    for (const why of whys) {
        const key = JSON.stringify([why.type, why.name, why.action]);
        if (!known.has(key)) known.set(key, why);
    }
    return [...known.values()];
}
