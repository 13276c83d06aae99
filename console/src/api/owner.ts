// Reads and revokes access keys and sign-ins, and creates access keys: the person's own, or those of an account that an
// administrator has opened.

import { api, send } from "./client";
import { all, type Rows } from "./lists";
import type { AccessKey, CreatedAccessKey, RefreshToken } from "./types";

export type Owner = { own: true; kind: "user" | "robot"; name: string } | { own: false; kind: "user" | "robot"; name: string };

export interface NewKey {
    name: string;
    expires_at: string | null;
    scopes: string[] | null;
}

export const subjectOf = (owner: Owner): string => `${owner.kind}:${owner.name}`;

export function listKeys(owner: Owner, signal: AbortSignal): Promise<Rows<AccessKey>> {
    const path = { name: owner.name };
    if (owner.own) return all<AccessKey>((query) => api.GET("/api/v1/me/access-keys", { params: { query }, signal }));
    if (owner.kind === "user") return all<AccessKey>((query) => api.GET("/api/v1/users/{name}/access-keys", { params: { path, query }, signal }));
    return all<AccessKey>((query) => api.GET("/api/v1/robots/{name}/access-keys", { params: { path, query }, signal }));
}

export function createKey(owner: Owner, body: NewKey): Promise<CreatedAccessKey> {
    const params = { path: { name: owner.name } };
    if (owner.own) return send(api.POST("/api/v1/me/access-keys", { body }));
    if (owner.kind === "user") return send(api.POST("/api/v1/users/{name}/access-keys", { params, body }));
    return send(api.POST("/api/v1/robots/{name}/access-keys", { params, body }));
}

export function revokeKey(owner: Owner, id: string): Promise<unknown> {
    const params = { path: { id } };
    return owner.own ? send(api.DELETE("/api/v1/me/access-keys/{id}", { params })) : send(api.DELETE("/api/v1/access-keys/{id}", { params }));
}

export function listSignIns(owner: Owner, signal: AbortSignal): Promise<Rows<RefreshToken>> {
    if (owner.own) return all<RefreshToken>((query) => api.GET("/api/v1/me/refresh-tokens", { params: { query }, signal }));
    const subject = subjectOf(owner);
    return all<RefreshToken>((query) => api.GET("/api/v1/refresh-tokens", { params: { query: { ...query, subject } }, signal }));
}

export function revokeSignIn(owner: Owner, id: string): Promise<unknown> {
    const params = { path: { id } };
    return owner.own ? send(api.DELETE("/api/v1/me/refresh-tokens/{id}", { params })) : send(api.DELETE("/api/v1/refresh-tokens/{id}", { params }));
}

export function revokeSignIns(owner: Owner): Promise<unknown> {
    return send(api.DELETE("/api/v1/refresh-tokens", { params: { query: { subject: subjectOf(owner) } } }));
}
