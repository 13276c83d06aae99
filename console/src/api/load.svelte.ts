// Loads the data of a page. Keeps the old data during a reload, and the error of a failed load.

import { untrack } from "svelte";
import { connection } from "./connection.svelte";
import { ApiError } from "./problem";
import { session } from "./session.svelte";

export interface Loaded<T> {
    readonly data: T | undefined;
    readonly error: ApiError | undefined;
    readonly loading: boolean;
    /** Loads again. The promise resolves when the load has succeeded or failed. */
    reload: () => Promise<void>;
    /** Changes the data in memory, without a new request. */
    patch: (change: (data: T) => T) => void;
}

/**
 * Loads data with `source`. Loads again when a state changes that `source` reads before its first `await`, when the
 * server comes back, and after a sign-in that follows an ended session. A new load drops the answer of the load before.
 * Call `load` while a component is set up.
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

/** Returns an `ApiError` unchanged. Any other error is a fault of the console, and becomes an `ApiError` with status -1. */
export function asApiError(cause: unknown): ApiError {
    if (cause instanceof ApiError) return cause;
    console.error(cause);
    return new ApiError(-1, String(cause));
}
