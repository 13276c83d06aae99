// A list with a filter. If the browser has all rows, the browser filters them. Otherwise the server filters.

import { filter } from "../model/filter";
import { all, type Page, type Rows } from "./lists";
import { load } from "./load.svelte";
import type { ApiError } from "./problem";

/** The time between the last key press and a filter request, in milliseconds. */
const pause = 250;

interface Answer<T> {
    data?: Page<T>;
    error?: unknown;
    response: Response;
}

export interface Filtered<T> {
    /** The rows that match the filter. */
    readonly shown: T[];
    /** The number of rows that were read. */
    readonly read: number;
    /** True if the server has more rows than were read. */
    readonly more: boolean;
    /** True if some rows can be shown, even before the last page is read. */
    readonly there: boolean;
    readonly error: ApiError | undefined;
    reload: () => Promise<void>;
    /** Changes the rows in memory, without a new request. */
    patch: (change: (rows: T[]) => T[]) => void;
}

/**
 * Reads and filters a list. `asked` is the typed text, `chosen` the chosen kind; empty means no filter. `page` asks the
 * server for a page of rows that match a text and a kind. `parts` returns the texts of a row that the browser
 * searches. `fits` tells whether a row is of a kind.
 */
export function filtered<T extends object>(
    page: (query: { limit: number; after?: string }, text: string, signal: AbortSignal, choice: string) => Promise<Answer<T>>,
    parts: (row: T) => string[],
    asked: () => string,
    chosen: () => string = () => "",
    fits: (row: T, choice: string) => boolean = () => true,
): Filtered<T> {
    let early = $state.raw<T[]>([]);
    // The filter that the server applies. It stays empty while the browser has every row.
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
