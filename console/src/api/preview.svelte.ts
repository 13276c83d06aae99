// Asks the server what a change would do, while it is typed.

import { untrack } from "svelte";
import { api, send } from "./client";
import { asApiError } from "./load.svelte";
import { ApiError } from "./problem";
import type { Plan } from "./types";

/** After the last key, this long passes before the server is asked. */
const pause = 250;

export interface Preview {
    /** What the change would do; of what was typed before, while `waiting`. */
    readonly plan: Plan | undefined;
    readonly error: ApiError | undefined;
    readonly waiting: boolean;
    /** Whether the server would refuse the change: then it is not sent. */
    readonly refused: boolean;
}

/** The error without which of the sent objects each field is of: there is one. */
function ofOne(error: ApiError): ApiError {
    const errors = error.fields.map(({ field, message }) => ({ field: field.replace(/^(document|line) \d+( \([^)]*\))?(: )?/, ""), message }));
    return error.fields.length ? new ApiError(error.status, error.detail, { ...error.body, errors }, error.requestId, error.retryAfter) : error;
}

/** The plan of `objects`, anew whenever a state that it reads changes. Without objects, nothing is asked. */
export function preview(objects: () => object[] | null): Preview {
    let plan = $state.raw<Plan>();
    let error = $state.raw<ApiError>();
    let waiting = $state(false);
    // As a text: what is written anew without a change is not asked again.
    const wanted = $derived(JSON.stringify(objects()));

    $effect(() => {
        const body = JSON.parse(wanted) as Record<string, never>[] | null;
        if (!body) {
            plan = undefined;
            error = undefined;
            waiting = false;
            return;
        }
        const mine = new AbortController();
        untrack(() => (waiting = true));
        const timer = setTimeout(async () => {
            try {
                plan = await send(api.POST("/api/v1/preview", { body, signal: mine.signal }));
                error = undefined;
            } catch (cause) {
                if (mine.signal.aborted) return;
                plan = undefined;
                error = ofOne(asApiError(cause));
            }
            if (!mine.signal.aborted) waiting = false;
        }, pause);
        return () => {
            clearTimeout(timer);
            mine.abort();
        };
    });

    return {
        get plan() {
            return plan;
        },
        get error() {
            return error;
        },
        get waiting() {
            return waiting;
        },
        get refused() {
            return error?.status === 422;
        },
    };
}
