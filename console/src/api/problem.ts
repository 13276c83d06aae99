// The error of a failed request, as an exception. Usually the server describes the error (RFC 9457).

import type { components } from "./schema";

type Body = Partial<components["schemas"]["Problem"]> & { code?: string };

/** The code of a write that the console did not send, because another account is signed in in this browser now. */
export const anotherAccount = "another-account";

export class ApiError extends Error {
    override name = "ApiError";

    constructor(
        /** The HTTP status; 0 if the server could not be reached, -1 for a fault of the console. */
        readonly status: number,
        /** The server's description of the error. */
        readonly detail: string,
        readonly body: Body = {},
        readonly requestId: string | null = null,
        readonly retryAfter: number | null = null,
    ) {
        super(detail);
    }

    /** The faults of single fields of the request. */
    get fields(): { field: string; message: string }[] {
        return this.body.errors ?? [];
    }

    /** Returns the message about a field. A message about a list entry, such as `subjects[0]`, counts for `subjects`. */
    about(field: string): string | undefined {
        const found = this.fields.filter((one) => one.field === field || one.field.startsWith(`${field}[`));
        return found.length ? found.map((one) => one.message).join("; ") : undefined;
    }

    /** True if the write needs a sign-in of the last 15 minutes. */
    get needsFreshSignIn(): boolean {
        return this.status === 403 && this.body.code === "sign-in-again";
    }

    /** True if the console did not send the write, because another account is signed in in this browser now. */
    get isOfAnother(): boolean {
        return this.body.code === anotherAccount;
    }

    /** True if somebody else has changed, created or deleted the object meanwhile. */
    get isStale(): boolean {
        return this.status === 412;
    }
}

/** Makes the error from an answer. A proxy may answer with a body that is not problem details. */
export function errorOf(response: Response, body: unknown): ApiError {
    const known: Body = typeof body === "object" && body !== null ? (body as Body) : {};
    const wait = Number(response.headers.get("retry-after"));
    const detail = known.detail ?? known.title ?? `${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, detail, known, response.headers.get("x-request-id"), wait > 0 ? wait : null);
}
