// Reads and writes users and robots.

import type { AccountKind } from "../model/account";
import { api, read, send, type Read } from "./client";
import type { Page } from "./lists";
import { asApiError } from "./load.svelte";
import type { Robot, User } from "./types";

export type Account = User | Robot;
type Listed = { data?: Page<Account>; error?: unknown; response: Response };

/** Reads a page of accounts whose names begin with `q`. */
export function listAccounts(kind: AccountKind, query: { limit: number; after?: string; q?: string }, signal: AbortSignal): Promise<Listed> {
    const asked = { params: { query }, signal };
    return kind === "user" ? api.GET("/api/v1/users", asked) : api.GET("/api/v1/robots", asked);
}

export function readAccount(kind: AccountKind, name: string, signal?: AbortSignal): Promise<Read<Account>> {
    const asked = { params: { path: { name } }, ...(signal && { signal }) };
    return kind === "user" ? read<Account>(api.GET("/api/v1/users/{name}", asked)) : read<Account>(api.GET("/api/v1/robots/{name}", asked));
}

/** Creates an account. Fails if the name is taken. */
export function createAccount(kind: AccountKind, name: string, body: object): Promise<unknown> {
    const params = { path: { name }, header: { "If-None-Match": "*" } };
    if (kind === "user") return send(api.PUT("/api/v1/users/{name}", { params, body: body as never }));
    return send(api.PUT("/api/v1/robots/{name}", { params, body: body as never }));
}

export function changeAccount(kind: AccountKind, name: string, etag: string | null, body: object): Promise<unknown> {
    const params = { path: { name }, header: { ...(etag && { "If-Match": etag }) } };
    if (kind === "user") return send(api.PATCH("/api/v1/users/{name}", { params, body: body as never }));
    return send(api.PATCH("/api/v1/robots/{name}", { params, body: body as never }));
}

/** Deletes an account or a group. With `cascade`, the server also removes the name from the subjects of every rule. */
export function deleteSubject(kind: AccountKind | "group", name: string, etag: string | null, cascade: boolean): Promise<unknown> {
    const params = { path: { name }, header: { ...(etag && { "If-Match": etag }) }, query: cascade ? { cascade } : {} };
    if (kind === "user") return send(api.DELETE("/api/v1/users/{name}", { params }));
    if (kind === "robot") return send(api.DELETE("/api/v1/robots/{name}", { params }));
    return send(api.DELETE("/api/v1/groups/{name}", { params }));
}

/** Returns the object that `reading` finds, or null if the object is deleted. */
export async function orGone<T>(reading: Promise<T>): Promise<T | null> {
    try {
        return await reading;
    } catch (cause) {
        if (asApiError(cause).status === 404) return null;
        throw cause;
    }
}
