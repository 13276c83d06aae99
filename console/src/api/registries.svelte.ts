// The registries to choose from, the one that was chosen last, and the host of each. Kept while the page is open only.

import { api, send } from "./client";
import { all } from "./lists";
import { load, type Loaded } from "./load.svelte";
import type { Service } from "./types";

/** What the first start makes. */
const first = "registry";

let last = $state("");
const hosts = $state<Record<string, string>>({});

export interface Registries {
    readonly list: Loaded<string[]>;
    /** The one that is meant when nobody chose: the last chosen, else the one of the first start. */
    readonly usual: string;
}

/** All that may be asked about. Call it while a component is set up. */
export function registries(admin: boolean): Registries {
    const list = load(async (signal) => {
        if (!admin) return (await send(api.GET("/api/v1/me/services", { signal }))).services;
        return (await all<Service>((query) => api.GET("/api/v1/services", { params: { query }, signal }))).items.map((one) => one.name);
    });
    return {
        list,
        get usual() {
            const names = list.data ?? [];
            return [last, first].find((one) => names.includes(one)) ?? names[0] ?? "";
        },
    };
}

/** Notes what was chosen, for the next page that asks. */
export const choose = (name: string): void => void (last = name);

/** The host of a registry, as typed before. */
export const hostOf = (registry: string): string | undefined => hosts[registry];
export const setHost = (registry: string, host: string): void => void (hosts[registry] = host);
