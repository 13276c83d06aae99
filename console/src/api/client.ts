// The only place that sends requests. Everything else calls `api` and `send`.

import createClient from "openapi-fetch";
import { connection } from "./connection.svelte";
import { anotherAccount, ApiError, errorOf } from "./problem";
import type { paths } from "./schema";
import { seen, session, signedIn, signedOut } from "./session.svelte";

const ours = ["x-portreeve-console", "1"] as const;

/** Whether a request changes something, and does not only ask. */
const acts = (request: Request): boolean => !["GET", "HEAD"].includes(request.method) && !/\/(check|preview)$/.test(new URL(request.url).pathname);

/**
 * Looks who is signed in in this browser, which may be somebody else since a sign-in in another tab. Without an answer
 * nothing is noted: whatever is wrong, the next request tells it.
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
 * Every request says that the console sent it: a form of another website cannot, and the server then answers 401
 * without the challenge that makes browsers ask for a password.
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

/**
 * Whether a failure was answered by something between the browser and the server, which is away then. The server's own
 * failures are problem details, and are shown where they belong.
 */
const isOfProxy = (response: Response): boolean =>
    response.status >= 500 && !response.headers.get("content-type")?.startsWith("application/problem+json");

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
