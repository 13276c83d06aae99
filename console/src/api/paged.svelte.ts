// A list that grows on request. The first page is read at once. Each further page is read when the person asks for it.

import { send } from "./client";
import type { Page } from "./lists";
import { asApiError, load } from "./load.svelte";
import type { ApiError } from "./problem";

/** The most requests for one page of the list. The server may answer a request with few entries. */
const patience = 20;

interface Answer<T> {
    data?: Page<T>;
    error?: unknown;
    response: Response;
}

export interface Paged<T> {
    readonly items: T[];
    /** True if the first page has been read. */
    readonly there: boolean;
    /** True if there is a further page. */
    readonly more: boolean;
    readonly busy: boolean;
    readonly error: ApiError | undefined;
    /** Reads the next page. */
    next: () => Promise<void>;
    reload: () => Promise<void>;
}

/**
 * Reads a list page by page. `page` requests the entries after `after`, or returns undefined if the person has asked
 * nothing yet. Call `paged` while a component is set up.
 */
export function paged<T>(page: (query: { limit: number; after?: string }, signal: AbortSignal) => Promise<Answer<T>> | undefined, limit = 100): Paged<T> {
    let others = $state.raw<T[]>([]);
    let after = $state.raw<string | null>(null);
    let busy = $state(false);
    let failed = $state.raw<ApiError>();
    let turn = 0;
    // A reload starts at the first page.
    const first = load(async (signal) => {
        turn += 1;
        const mine = turn;
        const asked = some((query) => page(query, signal), undefined);
        const found = await asked;
        if (mine === turn) [others, after, failed] = [[], found?.next ?? null, undefined];
        return found;
    });

    /** Reads pages until there are at least `limit / 2` entries, the list ends, or `patience` requests were sent. The server may answer with few entries. */
    async function some(read: (query: { limit: number; after?: string }) => Promise<Answer<T>> | undefined, from: string | undefined): Promise<Page<T> | undefined> {
        let items: T[] = [];
        let next: string | null | undefined = from;
        for (let tries = 0; tries < patience; tries += 1) {
            const answer = read({ limit, ...(next && { after: next }) });
            if (!answer) return undefined;
            const found: Page<T> = await send(answer);
            items = items.concat(found.items);
            next = found.next;
            if (next === null || items.length >= limit / 2) break;
        }
        return { items, next: next ?? null };
    }

    async function more(): Promise<void> {
        if (busy || after === null) return;
        busy = true;
        const mine = turn;
        try {
            const found = await some((query) => page(query, new AbortController().signal), after);
            if (mine === turn && found) [others, after, failed] = [others.concat(found.items), found.next, undefined];
        } catch (cause) {
            if (mine === turn) failed = asApiError(cause);
        }
        busy = false;
    }

    return {
        get items() {
            return (first.data?.items ?? []).concat(others);
        },
        get there() {
            return first.data !== undefined;
        },
        get more() {
            return after !== null;
        },
        get busy() {
            return busy || first.loading;
        },
        get error() {
            return failed ?? first.error;
        },
        next: more,
        reload: first.reload,
    };
}
