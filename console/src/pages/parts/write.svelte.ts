// Runs the writes of a dialog, one at a time. Keeps the state of the write and its error.

import { asApiError } from "../../api/load.svelte";
import type { ApiError } from "../../api/problem";

export interface Writing {
    readonly busy: boolean;
    readonly error: ApiError | undefined;
    /** Runs a write, and keeps its error. Does nothing while another write runs. If the write fails because somebody else changed the object meanwhile, calls `stale`. */
    run: (act: () => Promise<void>, stale?: () => Promise<void>) => Promise<void>;
}

export function writing(): Writing {
    let busy = $state(false);
    let error = $state.raw<ApiError>();

    async function run(act: () => Promise<void>, stale?: () => Promise<void>): Promise<void> {
        if (busy) return;
        busy = true;
        error = undefined;
        try {
            await act();
        } catch (cause) {
            const failed = asApiError(cause);
            if (failed.isStale && stale) await stale().catch((again: unknown) => (error = asApiError(again)));
            else error = failed;
        }
        busy = false;
    }

    return {
        get busy() {
            return busy;
        },
        get error() {
            return error;
        },
        run,
    };
}
