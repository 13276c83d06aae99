// Users and robots, which are read and written alike.

import type { AccountKind } from "../model/account";
import { api, read, send, type Read } from "./client";
import type { Page } from "./lists";
import { asApiError } from "./load.svelte";
import type { Robot, User } from "./types";

export type Account = User | Robot;
type Listed = { data?: Page<Account>; error?: unknown; response: Response };

/** A page of them; `q` is what their names begin with. */
export function listAccounts(kind: AccountKind, query: { limit: number; after?: string; q?: string }, signal: AbortSignal): Promise<Listed> {
    const asked = { params: { query }, signal };
    return kind === "user" ? api.GET("/api/v1/users", asked) : api.GET("/api/v1/robots", asked);
}

export function readAccount(kind: AccountKind, name: string, signal?: AbortSignal): Promise<Read<Account>> {
    const asked = { params: { path: { name } }, ...(signal && { signal }) };
    return kind === "user" ? read<Account>(api.GET("/api/v1/users/{name}", asked)) : read<Account>(api.GET("/api/v1/robots/{name}", asked));
}

/** Makes one; an existing one is not touched. */
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

/** Deletes one, or a group; `cascade` takes it out of the rules that name it. */
export function deleteSubject(kind: AccountKind | "group", name: string, etag: string | null, cascade: boolean): Promise<unknown> {
    const params = { path: { name }, header: { ...(etag && { "If-Match": etag }) }, query: cascade ? { cascade } : {} };
    if (kind === "user") return send(api.DELETE("/api/v1/users/{name}", { params }));
    if (kind === "robot") return send(api.DELETE("/api/v1/robots/{name}", { params }));
    return send(api.DELETE("/api/v1/groups/{name}", { params }));
}

/** What `read` finds, or null when it is gone. */
export async function orGone<T>(reading: Promise<T>): Promise<T | null> {
    try {
        return await reading;
    } catch (cause) {
        if (asApiError(cause).status === 404) return null;
        throw cause;
    }
}
