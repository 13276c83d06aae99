// An access key: its end, its state, the scopes that narrow it, and its replacement.

export const lives = ["30", "90", "365", "date", "none"] as const;
export type Life = (typeof lives)[number];

/** The actions that a narrowed key may do in the repositories of one pattern. */
export interface Grant {
    name: string;
    actions: string[];
}

const day = 86_400_000;

/** Returns the end of a key: `null` for a key without an end, `undefined` for a malformed or past date. */
export function endOf(life: Life, date: string, now: number = Date.now()): string | null | undefined {
    if (life === "none") return null;
    if (life !== "date") return at(now + Number(life) * day);
    // The key is valid on the whole day, in the time zone of the person who chose it.
    const [year, month, of] = date.split("-").map(Number);
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
    const end = new Date(year!, month! - 1, of! + 1).getTime();
    return end > now ? at(end) : undefined;
}

const at = (time: number) => new Date(Math.floor(time / 1000) * 1000).toISOString().replace(".000Z", "Z");

/** Converts grants to scopes for the API. */
export function scopesOf(grants: Grant[]): string[] {
    return grants.filter((grant) => grant.name && grant.actions.length).map((grant) => `repository:${grant.name}:${grant.actions.join(",")}`);
}

/** Converts a scope to a grant. Returns `undefined` for a scope that is not about a repository. */
export function grantOf(scope: string): Grant | undefined {
    const end = scope.lastIndexOf(":");
    const begin = "repository:".length;
    if (!scope.startsWith("repository:") || end <= begin) return undefined;
    return { name: scope.slice(begin, end), actions: scope.slice(end + 1).split(",") };
}

/** Returns the name of the replacement of a key: `laptop-2`, then `laptop-3`. */
export function nextName(name: string): string {
    const found = /^(.*)-(\d{1,6})$/.exec(name);
    return found ? `${found[1]}-${Number(found[2]) + 1}` : `${name}-2`;
}

/** Returns the lifetime of the replacement of a key: the lifetime of the old key. */
export function lifeOf(key: { created_at: string; expires_at?: string | null }, now: number = Date.now()): { life: Life; date: string } {
    if (!key.expires_at) return { life: "none", date: "" };
    const lasted = Date.parse(key.expires_at) - Date.parse(key.created_at);
    const days = Math.max(1, Math.round(lasted / day));
    const usual = (["30", "90", "365"] as const).find((one) => Number(one) === days);
    if (usual) return { life: usual, date: "" };
    const end = new Date(now + (days - 1) * day);
    const two = (value: number) => String(value).padStart(2, "0");
    return { life: "date", date: `${end.getFullYear()}-${two(end.getMonth() + 1)}-${two(end.getDate())}` };
}

export type KeyState = "good" | "soon" | "ended";

/** Returns the state of a key. `soon` means that the key ends within 7 days. */
export function keyState(key: { expires_at?: string | null }, now: number = Date.now()): KeyState {
    if (!key.expires_at) return "good";
    const left = Date.parse(key.expires_at) - now;
    if (left <= 0) return "ended";
    return left <= 7 * day ? "soon" : "good";
}
