// The only file that sends requests. All other files call its functions.

import createClient from "openapi-fetch";
import { connection } from "./connection.svelte";
import { anotherAccount, ApiError, errorOf } from "./problem";
import type { paths } from "./schema";
import { seen, session, signedIn, signedOut } from "./session.svelte";

const ours = ["x-portreeve-console", "1"] as const;

/** True if a request changes something on the server. A `POST` to `check` or `preview` changes nothing. */
const acts = (request: Request): boolean => !["GET", "HEAD"].includes(request.method) && !/\/(check|preview)$/.test(new URL(request.url).pathname);

/**
 * Asks the server which account is signed in in this browser now, because a person may have changed accounts in another
 * tab. Ignores a failure, because the next request reports the same failure.
 */
export async function lookWhoActs(): Promise<void> {
    if (!session.account) return;
    try {
        const response = await fetch("/api/v1/me/browser-session", { cache: "no-store", credentials: "same-origin", headers: [[...ours]] });
        if (response.ok) seen(((await response.json()) as { subject: string }).subject);
    } catch {
        return;
    }
}

/**
 * Sends a request with the header of the console. A form of another website cannot send this header. With the header,
 * the server's 401 has no challenge, so the browser does not ask for a password. Throws an `ApiError` if the server
 * cannot be reached, and instead of sending a write if another account is signed in.
 */
async function ask(request: Request): Promise<Response> {
    request.headers.set(...ours);
    if (acts(request)) {
        await lookWhoActs();
        if (session.other) throw new ApiError(403, "", { code: anotherAccount });
    }
    let response: Response;
    try {
        response = await fetch(request, { credentials: "same-origin" });
    } catch (cause) {
        if (request.signal.aborted) throw cause;
        connection.lost(null);
        throw new ApiError(0, "");
    }
    if (isOfProxy(response)) connection.lost(Number(response.headers.get("retry-after")));
    if (response.status === 401) signedOut();
    else if (response.status < 500) signedIn();
    return response;
}

/** True if a proxy answered because the server is away. An error of the server itself is `application/problem+json`. */
const isOfProxy = (response: Response): boolean =>
    response.status >= 500 && !response.headers.get("content-type")?.startsWith("application/problem+json");

/** The API client. The compiler checks paths, parameters and bodies against the server's OpenAPI description. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: ask });

/** An object that was read, with its version for `If-Match`. */
export interface Read<T> {
    data: T;
    etag: string | null;
}

interface Answer<T> {
    data?: T;
    error?: unknown;
    response: Response;
}

/** Returns the body and the version of an answer. Throws an `ApiError` for every error status. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<Read<T>> {
    const { data, error, response } = await answer;
    if (!response.ok) throw errorOf(response, error);
    return { data: data as T, etag: response.headers.get("etag") };
}

/** Returns the body of an answer. Throws like `read`. */
export async function send<T>(answer: Promise<Answer<T>>): Promise<T> {
    return (await read(answer)).data;
}

/** Asks whether the server is ready. Returns false if there is no answer. */
export async function isReady(): Promise<boolean> {
    try {
        return (await fetch("/health/ready", { cache: "no-store" })).ok;
    } catch {
        return false;
    }
}
