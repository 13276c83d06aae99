// Reads the groups that an account will join, so that a preview can show the effect. Then adds the account to them.

import { untrack } from "svelte";
import { orGone } from "./accounts";
import { api, send } from "./client";
import type { Group } from "./types";

/** The time between the last key press and the request, in milliseconds. */
const pause = 200;

export interface Joining {
    /** The groups with the new member, for the preview; null until all groups are read, and if a group does not exist. */
    readonly objects: object[] | null;
    /** The names of groups that do not exist. */
    readonly missing: string[];
}

/** Reads the groups in `chosen` (`group:NAME`). `subject` is the new member. */
export function joining(chosen: () => string[], subject: () => string): Joining {
    let known = $state.raw(new Map<string, Group | null>());

    $effect(() => {
        const wanted = chosen().filter((one) => one.startsWith("group:") && !untrack(() => known).has(one));
        if (!wanted.length) return;
        const timer = setTimeout(async () => {
            for (const one of wanted) {
                // A group that cannot be read stays unknown, so the page cannot save the change without its preview.
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

/** Adds a member to groups. */
export async function join(groups: string[], member: string): Promise<void> {
    for (const group of groups) {
        const path = { name: group.slice("group:".length), member };
        await send(api.PUT("/api/v1/groups/{name}/members/{member}", { params: { path } }));
    }
}
