// The only place that sends requests. Everything else calls `api` and `send`.

import createClient from "openapi-fetch";
import { connection } from "./connection.svelte";
import { ApiError, errorOf } from "./problem";
import type { paths } from "./schema";
import { signedIn, signedOut } from "./session.svelte";

/**
 * Every request says that the console sent it: a form of another website cannot, and the server then answers 401
 * without the challenge that makes browsers ask for a password.
 */
async function ask(request: Request): Promise<Response> {
    request.headers.set("x-portreeve-console", "1");
    let response: Response;
    try {
        response = await fetch(request, { credentials: "same-origin" });
    } catch (cause) {
        if (request.signal.aborted) throw cause;
        connection.lost(null);
        throw new ApiError(0, "");
    }
    if ([502, 503, 504].includes(response.status)) connection.lost(Number(response.headers.get("retry-after")));
    else connection.found();
    if (response.status === 401) signedOut();
    else if (response.status < 500) signedIn();
    return response;
}

/** The client: paths, parameters and bodies are checked against the server's own description. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: ask });

/** An object as read, with its version for `If-Match`. */
export interface Read<T> {
    data: T;
    etag: string | null;
}

interface Answer<T> {
    data?: T;
    error?: unknown;
    response: Response;
}

/** The body and version of an answer; throws an `ApiError` for every status that is not a success. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<Read<T>> {
    const { data, error, response } = await answer;
    if (!response.ok) throw errorOf(response, error);
    return { data: data as T, etag: response.headers.get("etag") };
}

/** The body alone. */
export async function send<T>(answer: Promise<Answer<T>>): Promise<T> {
    return (await read(answer)).data;
}

/** Whether the server is ready to answer again; quiet, because it is asked once a second or so. */
export async function isReady(): Promise<boolean> {
    try {
        return (await fetch("/health/ready", { cache: "no-store" })).ok;
    } catch {
        return false;
    }
}
