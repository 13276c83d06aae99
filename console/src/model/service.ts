// A registry during editing, and the effect of a change on its users.

import type { Service } from "../api/types";

export const profiles = ["distribution-2", "distribution-3", "zot", "gitlab", "custom"] as const;
export type Profile = (typeof profiles)[number];

export interface ServiceDraft {
    name: string;
    profile: Profile;
    /** The lifetime of a token in seconds, as the person typed it. */
    token_ttl: string;
    offline_tokens: boolean;
    password_grant: boolean;
    events: boolean;
    search: boolean;
    push_includes_pull: "" | "true" | "false";
    trust: "" | "bundle" | "jwks" | "certificate";
    key_id: "" | "libtrust" | "thumbprint";
    /** The settings of the crawl. The form does not show them, and sends them back unchanged. */
    crawl: Service["crawl"];
}

export const serviceFields = ["profile", "trust", "key_id", "token_ttl", "offline_tokens", "password_grant", "push_includes_pull", "events", "search"] as const;
export type ServiceField = (typeof serviceFields)[number];

export const newService = (): ServiceDraft => ({
    name: "", profile: "distribution-2", token_ttl: "300", offline_tokens: true, password_grant: true, events: true, search: false, push_includes_pull: "", trust: "", key_id: "", crawl: null,
});

export function serviceDraft(service: Service): ServiceDraft {
    const { name, profile, token_ttl, offline_tokens, password_grant, events, search, push_includes_pull, trust, key_id, crawl } = service;
    const push = push_includes_pull === null || push_includes_pull === undefined ? "" : push_includes_pull ? "true" : "false";
    return {
        name, profile, token_ttl: String(token_ttl), offline_tokens, password_grant, events, search, push_includes_pull: push, trust: trust ?? "",
        key_id: key_id ?? "", crawl,
    };
}

export function serviceBody(draft: ServiceDraft, managedBy: string | null = null) {
    const { profile, offline_tokens, password_grant, events, search, crawl } = draft;
    return {
        profile, offline_tokens, password_grant, events, search, crawl, token_ttl: Number(draft.token_ttl), trust: draft.trust || null, key_id: draft.key_id || null,
        push_includes_pull: draft.push_includes_pull === "" ? null : draft.push_includes_pull === "true", managed_by: managedBy,
    };
}

export function serviceChanges(one: ServiceDraft, other: ServiceDraft): ServiceField[] {
    return serviceFields.filter((field) => one[field] !== other[field]);
}

export const isTtl = (text: string): boolean => /^\d{2,4}$/.test(text) && Number(text) >= 60 && Number(text) <= 3600;

export type ServiceEffect = "refused" | "no-sign-ins" | "no-passwords" | "more-pull" | "less-pull";

/** Returns the effects of a change on clients, the worst first. */
export function serviceEffects(before: ServiceDraft, after: ServiceDraft): ServiceEffect[] {
    const changed = serviceChanges(before, after);
    const found: ServiceEffect[] = [];
    if (changed.some((field) => field === "profile" || field === "trust" || field === "key_id")) found.push("refused");
    if (before.offline_tokens && !after.offline_tokens) found.push("no-sign-ins");
    if (before.password_grant && !after.password_grant) found.push("no-passwords");
    if (includesPull(before) !== includesPull(after)) found.push(includesPull(after) ? "more-pull" : "less-pull");
    return found;
}

/** Tells whether `push` is read as `pull,push`. The profile decides if nothing is chosen. */
export function includesPull(draft: ServiceDraft): boolean {
    if (draft.push_includes_pull) return draft.push_includes_pull === "true";
    return draft.profile === "distribution-2" || draft.profile === "distribution-3" || draft.profile === "gitlab";
}

/** Tells whether the settings contain a loopback address. Such an address leads each client to its own machine. */
export const isLocal = (configuration: string): boolean => /\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])[:/]/.test(configuration);

/** Tells whether environment variables can configure the registry. */
export const hasEnvironment = (profile: string): boolean => profile !== "zot";
