// What the server answers when it does not do what it was asked for (RFC 9457), as an error to throw.

import type { components } from "./schema";

type Body = Partial<components["schemas"]["Problem"]> & { code?: string };

/** The code of an act that is not sent, because somebody else is signed in in this browser now. */
export const anotherAccount = "another-account";

export class ApiError extends Error {
    override name = "ApiError";

    constructor(
        /** The HTTP status; 0 when the server was not reached. */
        readonly status: number,
        /** What went wrong, in the server's words. */
        readonly detail: string,
        readonly body: Body = {},
        readonly requestId: string | null = null,
        readonly retryAfter: number | null = null,
    ) {
        super(detail);
    }

    /** What is wrong with the fields of the input. */
    get fields(): { field: string; message: string }[] {
        return this.body.errors ?? [];
    }

    /** The message about one field, which may be an entry of a list: `subjects[0]` belongs to `subjects`. */
    about(field: string): string | undefined {
        const found = this.fields.filter((one) => one.field === field || one.field.startsWith(`${field}[`));
        return found.length ? found.map((one) => one.message).join("; ") : undefined;
    }

    /** Whether the act needs a sign-in of the last 15 minutes. */
    get needsFreshSignIn(): boolean {
        return this.status === 403 && this.body.code === "sign-in-again";
    }

    /** Whether it was not sent, because somebody else is signed in in this browser now. */
    get isOfAnother(): boolean {
        return this.body.code === anotherAccount;
    }

    /** Whether somebody else changed the object meanwhile. */
    get isStale(): boolean {
        return this.status === 412;
    }
}

/** The error of an answer. Answers of a proxy in between may have no body that we know. */
export function errorOf(response: Response, body: unknown): ApiError {
    const known: Body = typeof body === "object" && body !== null ? (body as Body) : {};
    const wait = Number(response.headers.get("retry-after"));
    const detail = known.detail ?? known.title ?? `${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, detail, known, response.headers.get("x-request-id"), wait > 0 ? wait : null);
}
