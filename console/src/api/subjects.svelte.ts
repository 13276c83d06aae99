// Suggests users, robots and groups for a text that is being typed.

import { api, send } from "./client";

export type SubjectKind = "user" | "robot" | "group";

const lists = { user: "/api/v1/users", robot: "/api/v1/robots", group: "/api/v1/groups" } as const;

/** The time between the last key press and the request, in milliseconds. */
const pause = 120;

/** Maps kinds and a name, such as `user,robot mia`, to the only subject with this name, such as `user:mia`. Other names are absent. */
const known = $state<Record<string, string>>({});

/** Returns `user:mia` for `mia` if `lookUp` has found this user. Otherwise returns the text unchanged. */
export const meant = (text: string, kinds: SubjectKind[]): string => (text && known[`${kinds.join()} ${text}`]) || text;

/** Returns `user:mia` for `mia` if exactly one subject of these kinds has this name. Otherwise returns the text unchanged. */
export async function lookUp(text: string, kinds: SubjectKind[]): Promise<string> {
    if (!text || text.includes(":")) return text;
    const found = await Promise.all(
        kinds.map(async (one) => {
            const page = await send(api.GET(lists[one], { params: { query: { q: text, limit: 20 } } }));
            return page.items.some((item) => item.name === text) ? [`${one}:${text}`] : [];
        }),
    );
    const all = found.flat();
    if (all.length !== 1) return text;
    known[`${kinds.join()} ${text}`] = all[0]!;
    return all[0]!;
}

/** Suggests subjects whose names begin with the typed text, as `user:NAME`. */
export function offers(typed: () => string, kinds: SubjectKind[]): { readonly current: string[] } {
    let current = $state.raw<string[]>([]);

    async function find(text: string, signal: AbortSignal): Promise<string[]> {
        const [kind, name] = text.includes(":") ? text.split(":", 2) : [undefined, text];
        const found = await Promise.all(
            kinds.filter((one) => kind === undefined || one === kind).map(async (one) => {
                const page = await send(api.GET(lists[one], { params: { query: { q: name ?? "", limit: 20 } }, signal }));
                return page.items.map((item) => `${one}:${item.name}`);
            }),
        );
        return found.flat();
    }

    $effect(() => {
        const text = typed().trim();
        const mine = new AbortController();
        // A failed request only leaves out the suggestions.
        const timer = setTimeout(() => find(text, mine.signal).then((found) => (current = found), () => (current = [])), pause);
        return () => {
            clearTimeout(timer);
            mine.abort();
        };
    });

    return {
        get current() {
            return current;
        },
    };
}
