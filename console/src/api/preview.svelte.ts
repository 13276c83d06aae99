// Asks the server for the effect of a change while the person types.

import { untrack } from "svelte";
import { api, send } from "./client";
import { asApiError } from "./load.svelte";
import { ApiError } from "./problem";
import type { Plan } from "./types";

/** The time between the last key press and the request, in milliseconds. */
const pause = 250;

export interface Preview {
    /** The server's plan of the change. While `waiting` is true, the plan of the objects before the latest edit. */
    readonly plan: Plan | undefined;
    readonly error: ApiError | undefined;
    readonly waiting: boolean;
    /** True if the server found faults in the fields of the change (status 422). Then the dialog cannot save the change. */
    readonly refused: boolean;
}

/** Removes the position of the object, such as `document 1 (rule web): `, from the field names of an error. */
function ofOne(error: ApiError): ApiError {
    const errors = error.fields.map(({ field, message }) => ({ field: field.replace(/^(document|line) \d+( \([^)]*\))?(: )?/, ""), message }));
    return error.fields.length ? new ApiError(error.status, error.detail, { ...error.body, errors }, error.requestId, error.retryAfter) : error;
}

/** Asks for the plan of `objects`, and again when a state changes that `objects` reads. Sends no request while `objects` returns null. */
export function preview(objects: () => object[] | null): Preview {
    let plan = $state.raw<Plan>();
    let error = $state.raw<ApiError>();
    let waiting = $state(false);
    // Compares the objects as text, so that new but equal objects cause no request.
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
