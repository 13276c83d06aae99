// Loads what a page shows: keeps the data while loading again, and the error if that fails.

import { untrack } from "svelte";
import { connection } from "./connection.svelte";
import { ApiError } from "./problem";
import { session } from "./session.svelte";

export interface Loaded<T> {
    readonly data: T | undefined;
    readonly error: ApiError | undefined;
    readonly loading: boolean;
    /** Loads again, and is done when that is done. */
    reload: () => Promise<void>;
    /** Puts what is known to have changed into the data, without asking again. */
    patch: (change: (data: T) => T) => void;
}

/**
 * Loads now, whenever a state that `source` reads before its first `await` changes, when the server comes back, and
 * after a sign-in that follows an ended session.
 * Call it while a component is set up. An answer that a newer one has overtaken is dropped.
 */
export function load<T>(source: (signal: AbortSignal) => Promise<T>): Loaded<T> {
    let data = $state.raw<T>();
    let error = $state.raw<ApiError>();
    let loading = $state(true);
    let last: AbortController | undefined;

    async function run(): Promise<void> {
        last?.abort();
        const mine = new AbortController();
        last = mine;
        untrack(() => (loading = true));
        try {
            const found = await source(mine.signal);
            if (last !== mine) return;
            data = found;
            error = undefined;
        } catch (cause) {
            if (last !== mine || mine.signal.aborted) return;
            error = asApiError(cause);
        }
        loading = false;
    }

    $effect(() => {
        void connection.epoch;
        void session.turn;
        void run();
        return () => last?.abort();
    });

    return {
        get data() {
            return data;
        },
        get error() {
            return error;
        },
        get loading() {
            return loading;
        },
        reload: () => untrack(run),
        patch: (change) => {
            if (data !== undefined) data = change(data);
        },
    };
}

/** An error of the API as it is; anything else is a fault of the console, shown instead of swallowed. */
export function asApiError(cause: unknown): ApiError {
    if (cause instanceof ApiError) return cause;
    console.error(cause);
    return new ApiError(-1, String(cause));
}
