// A whole list with a filter: in the browser as long as it keeps all rows, and by the server beyond that.

import { filter } from "../model/filter";
import { all, type Page, type Rows } from "./lists";
import { load } from "./load.svelte";
import type { ApiError } from "./problem";

/** Where the server filters, it is asked so long after the last key. */
const pause = 250;

interface Answer<T> {
    data?: Page<T>;
    error?: unknown;
    response: Response;
}

export interface Filtered<T> {
    /** The rows that fit. */
    readonly shown: T[];
    /** How many were read. */
    readonly read: number;
    /** Whether there are more than were read. */
    readonly more: boolean;
    /** Whether anything is there to show, even if not all of it yet. */
    readonly there: boolean;
    readonly error: ApiError | undefined;
    reload: () => Promise<void>;
    /** Puts what is known to have changed into the rows. */
    patch: (change: (rows: T[]) => T[]) => void;
}

/**
 * `page` reads a page, of rows that hold `text` and are of the kind `choice` where these are not empty; `parts` are the
 * texts of a row in which the browser looks; `fits` is whether it is of a kind; `asked` is what is typed, `chosen` the
 * kind.
 */
export function filtered<T extends object>(
    page: (query: { limit: number; after?: string }, text: string, signal: AbortSignal, choice: string) => Promise<Answer<T>>,
    parts: (row: T) => string[],
    asked: () => string,
    chosen: () => string = () => "",
    fits: (row: T, choice: string) => boolean = () => true,
): Filtered<T> {
    let early = $state.raw<T[]>([]);
    // What the server filters by. It stays empty while the browser has every row.
    let text = $state("");
    let choice = $state("");

    const rows = load<Rows<T>>((signal) => {
        const [now, kind] = [text, choice];
        return all((query) => page(query, now, signal, kind), (soFar) => (early = soFar.items));
    });
    let tooMany = $state(false);
    $effect(() => {
        if (text === "" && choice === "" && rows.data) tooMany = rows.data.more;
    });
    $effect(() => {
        const [typed, kind] = [asked().trim(), chosen()];
        if (!tooMany) return;
        const timer = setTimeout(() => ([text, choice] = [typed, kind]), pause);
        return () => clearTimeout(timer);
    });

    const read = $derived(rows.data?.items ?? early);
    const found = $derived(filter(read, tooMany ? "" : asked(), parts));
    const shown = $derived(chosen() ? found.filter((row) => fits(row, chosen())) : found);

    return {
        get shown() {
            return shown;
        },
        get read() {
            return read.length;
        },
        get more() {
            return rows.data?.more ?? false;
        },
        get there() {
            return rows.data !== undefined || early.length > 0;
        },
        get error() {
            return rows.error;
        },
        reload: rows.reload,
        patch: (change) => rows.patch((now) => ({ ...now, items: change(now.items) })),
    };
}
