// The groups that somebody is to be put into, as they are now, so that a preview can tell what that gives.

import { untrack } from "svelte";
import { orGone } from "./accounts";
import { api, send } from "./client";
import type { Group } from "./types";

/** So long after the last key, the server is asked. */
const pause = 200;

export interface Joining {
    /** The groups with the new member, as the preview takes them; nothing until all of them are known. */
    readonly objects: object[] | null;
    /** Those that there are not. */
    readonly missing: string[];
}

/** `chosen` are groups as `group:NAME`, `subject` is who joins them. */
export function joining(chosen: () => string[], subject: () => string): Joining {
    let known = $state.raw(new Map<string, Group | null>());

    $effect(() => {
        const wanted = chosen().filter((one) => one.startsWith("group:") && !untrack(() => known).has(one));
        if (!wanted.length) return;
        const timer = setTimeout(async () => {
            for (const one of wanted) {
                // One that cannot be read stays unknown, and nothing is saved unseen.
                const name = one.slice("group:".length);
                const found = await orGone(send(api.GET("/api/v1/groups/{name}", { params: { path: { name } } }))).catch(() => undefined);
                if (found !== undefined) known = new Map([...known, [one, found as Group | null]]);
            }
        }, pause);
        return () => clearTimeout(timer);
    });

    return {
        get objects() {
            const groups = chosen().map((one) => known.get(one));
            if (groups.some((group) => !group)) return null;
            return groups.map((group) => {
                const { name, description, members, managed_by } = group!;
                return { kind: "group", name, description, managed_by: managed_by ?? null, members: [...new Set([...members, subject()])] };
            });
        },
        get missing() {
            return chosen().filter((one) => known.get(one) === null);
        },
    };
}

/** Puts somebody into groups. */
export async function join(groups: string[], member: string): Promise<void> {
    for (const group of groups) {
        const path = { name: group.slice("group:".length), member };
        await send(api.PUT("/api/v1/groups/{name}/members/{member}", { params: { path } }));
    }
}
