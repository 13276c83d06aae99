// One write of a dialog at a time: whether it runs, and what went wrong.

import { asApiError } from "../../api/load.svelte";
import type { ApiError } from "../../api/problem";

export interface Writing {
    readonly busy: boolean;
    readonly error: ApiError | undefined;
    /** Runs a write. What went wrong is kept to be shown; `stale` is called instead when somebody else was faster. */
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
