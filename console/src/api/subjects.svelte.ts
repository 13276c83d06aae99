// Offers users, robots and groups for what is being typed.

import { api, send } from "./client";

export type SubjectKind = "user" | "robot" | "group";

const lists = { user: "/api/v1/users", robot: "/api/v1/robots", group: "/api/v1/groups" } as const;

/** So long after the last key, the server is asked. */
const pause = 120;

/** What each bare name stands for; nothing for a name that several have, or nobody. */
const known = $state<Record<string, string>>({});

/** `user:mia` for `mia`, once it is looked up. */
export const meant = (text: string, kinds: SubjectKind[]): string => (text && known[`${kinds.join()} ${text}`]) || text;

/** Looks up whom a bare name means: exactly one user, robot or group of these kinds. */
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

/** Those whose names begin with what `typed` says, as `user:NAME`. */
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
        // Offers only help: without them, what is typed is as good.
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
